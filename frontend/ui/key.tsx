/** A key of the keyboard. */
export function Key({ children }: { children: string }) {
  return (
    <kbd className="inline-grid h-5 min-w-5 place-items-center rounded border bg-sunken px-1 font-sans text-xs text-muted">
      {children}
    </kbd>
  );
}
