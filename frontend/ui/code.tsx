import { cn } from "@/lib/cn";
import { Copy } from "./copy";

interface Props {
  children: string;
  /** What it is, for who cannot see it. */
  label: string;
  /** Breaks long lines, for a single value that is read as a whole. */
  wrap?: boolean;
}

/** Text to read or copy as it is: a command, a document, an answer. */
export function Code({ children, label, wrap }: Props) {
  return (
    <div className="relative min-w-0 rounded-md border bg-sunken">
      <pre
        role="region"
        aria-label={label}
        // Long lines are scrolled to, also by keyboard.
        tabIndex={0}
        className={cn(
          "max-h-96 overflow-auto p-3 pr-10 font-mono text-xs leading-relaxed",
          wrap && "break-all whitespace-pre-wrap",
        )}
      >
        {children}
      </pre>
      <span className="absolute top-1.5 right-1.5">
        <Copy text={children} what={label} />
      </span>
    </div>
  );
}

/** A value as JSON. */
export function Json({ value, label }: { value: unknown; label: string }) {
  return <Code label={label}>{JSON.stringify(value, null, 2) ?? "null"}</Code>;
}
