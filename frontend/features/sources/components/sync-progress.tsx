"use client";

import type { ReactNode } from "react";
import type { Sync } from "@/lib/api/client";
import { cn } from "@/lib/cn";
import { phaseOf, shareOf, type Phase } from "../lib/progress";
import { count } from "../lib/words";

/** How far a sync is, as a bar. It runs to and fro while nobody knows. */
export function SyncBar({ sync }: { sync: Sync }) {
  const phase = phaseOf(sync);
  const share = shareOf(phase);
  const percent = share === null ? undefined : Math.round(share * 100);
  return (
    <div
      role="progressbar"
      aria-label="Progress of the sync"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      className="h-1.5 overflow-hidden rounded-full bg-sunken"
    >
      <div
        className={cn(
          "h-full rounded-full transition-[width] duration-500",
          phase.kind === "failed" ? "bg-bad" : "bg-accent",
          share === null && "w-full animate-pulse opacity-60",
          phase.kind === "showing" && "animate-pulse",
        )}
        style={percent === undefined ? undefined : { width: `${percent}%` }}
      />
    </div>
  );
}

interface Props {
  sync: Sync;
  actions?: ReactNode;
}

/** A sync that is under way: what it does, how far it is, and how to stop it. */
export function SyncProgress({ sync, actions }: Props) {
  const phase = phaseOf(sync);
  return (
    <div className="grid gap-3">
      <div className="flex min-h-8 flex-wrap items-center justify-between gap-3">
        <p role="status" className="font-medium">
          {doing(phase)}
        </p>
        {actions}
      </div>
      <SyncBar sync={sync} />
      <p className="text-xs text-muted tabular-nums">{far(phase)}</p>
    </div>
  );
}

function doing(phase: Phase): string {
  switch (phase.kind) {
    case "waiting":
      return "Waiting for its turn";
    case "reading":
      return "Reading the source";
    case "showing":
      return "Writing the graph";
    default:
      return "The sync is over";
  }
}

function far(phase: Phase): string {
  if (phase.kind === "showing") return "Everything was read; the graph is about to show it.";
  if (phase.kind !== "reading") return "It begins in a moment.";
  const { done, total } = phase;
  if (total) return `${count(done, "step")} of ${new Intl.NumberFormat("en").format(total)}`;
  return done > 0 ? `${count(done, "step")} so far` : "Nobody knows yet how much there is.";
}
