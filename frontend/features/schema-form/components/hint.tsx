/** A description out of a schema: what stands in backticks is code. */
export function Hint({ text, note }: { text: string | undefined; note?: string | undefined }) {
  if (!text && !note) return null;
  return (
    <>
      {text?.split("`").map((part, at) =>
        at % 2 === 0 ? (
          part
        ) : (
          <code key={at} className="rounded bg-sunken px-1 font-mono">
            {part}
          </code>
        ),
      )}
      {note && <> {note}</>}
    </>
  );
}
