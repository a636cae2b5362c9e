import type { RunState as State } from "@/lib/api/client";
import { Badge } from "@/ui/badge";
import { STATES } from "../lib/words";

/** Where a run stands; it is said again when it changes. */
export function RunState({ state }: { state: State }) {
  const { tone, name } = STATES[state];
  return (
    <Badge tone={tone}>
      {state === "running" && (
        <span aria-hidden className="size-1.5 animate-pulse rounded-full bg-current" />
      )}
      {name}
    </Badge>
  );
}
