"use client";

import { useNow } from "../hooks/use-now";
import type { Ran } from "../lib/timeline";
import { durationInWords } from "../lib/words";

/** How long a run took, or takes by now. */
export function Duration({ run }: { run: Ran }) {
  const isGoing = !!run.started_at && !run.finished_at;
  const now = useNow(isGoing);
  if (!run.started_at) return <span className="text-muted">–</span>;
  const end = run.finished_at ? Date.parse(run.finished_at) : now;
  return (
    <span className="whitespace-nowrap tabular-nums">
      {durationInWords(end - Date.parse(run.started_at))}
    </span>
  );
}
