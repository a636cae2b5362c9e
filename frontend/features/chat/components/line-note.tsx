"use client";

import { WifiOff } from "lucide-react";
import { Button } from "@/ui/button";
import { traceOf, worded } from "@/ui/fault";
import { isAnswering, waitingFor, type Thread } from "../lib/log";
import type { LineState } from "../lib/stream";

interface Props {
  line: LineState;
  onRetry: () => void;
}

/** Said while the server cannot be heard: nothing is lost, and what is done about it. */
export function LineNote({ line, onRetry }: Props) {
  if (line.kind !== "cut" && line.kind !== "refused") return null;
  return (
    <p
      role="status"
      className="mb-2 flex flex-wrap items-center gap-2 rounded-md border border-warn/40 bg-warn-soft px-3 py-1.5 text-xs"
    >
      <WifiOff className="size-3.5 text-warn" aria-hidden />
      <span className="flex-1">
        {line.kind === "cut" ? (
          "The connection is lost. It is tried again; nothing that was said is."
        ) : (
          <>
            {worded(line.error)} <span className="text-muted">{traceOf(line.error)}</span>
          </>
        )}
      </span>
      <Button size="sm" className="h-7" onClick={onRetry}>
        Try now
      </Button>
    </p>
  );
}

/** How the answer stands, for who cannot see it. */
export function Progress({ thread }: { thread: Thread }) {
  const last = thread.messages.at(-1);
  let word = "";
  if (waitingFor(thread)) word = "The answer waits for a decision.";
  else if (isAnswering(thread)) word = "An answer is being given.";
  else if (last?.role === "assistant") word = "The answer is there.";
  return (
    <p aria-live="polite" className="sr-only">
      {word}
    </p>
  );
}
