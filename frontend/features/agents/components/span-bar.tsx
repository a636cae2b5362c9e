import { cn } from "@/lib/cn";
import type { Span } from "../lib/timeline";

interface Props {
  span: Span;
  now: number;
  /** Where a time lies, as a CSS length. */
  place: (at: number) => string;
}

/** A span on the waterfall: how long it waited, and how long it did something. */
export function SpanBar({ span, now, place }: Props) {
  const to = span.to ?? now;
  const began = Math.min(span.began ?? to, to);
  return (
    <>
      {began > span.from && (
        <span
          title="waited"
          className={cn(
            "absolute inset-y-1 min-w-0.5 rounded-xs",
            span.kind === "call" && span.call.approval ? "bg-warn/50" : "bg-line",
          )}
          style={{ left: place(span.from), right: `calc(100% - ${place(began)})` }}
        />
      )}
      {(to > began || began === span.from) && (
        <span
          className={cn(
            "absolute inset-y-0.5 min-w-0.5 rounded-xs",
            toneOf(span),
            span.to === null && "animate-pulse",
          )}
          style={{ left: place(began), right: `calc(100% - ${place(to)})` }}
        />
      )}
    </>
  );
}

function toneOf(span: Span): string {
  if (span.kind === "run") return "bg-muted/50";
  if (span.kind === "turn") return "bg-accent";
  switch (span.call.state) {
    case "failed":
    case "refused":
    case "unknown":
      return "bg-bad";
    case "cancelled":
      return "bg-muted";
    default:
      return "bg-good";
  }
}
