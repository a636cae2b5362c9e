"use client";

import type { ReactNode } from "react";
import type { Sync } from "@/lib/api/client";
import { cn } from "@/lib/cn";
import { sentence } from "@/ui/fault";
import { Notice } from "@/ui/notice";
import { phaseOf, setbackOf, shareOf, type Phase } from "../lib/progress";

const NUMBERS = new Intl.NumberFormat("en");

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
          // From one side to the other, again and again; at rest for whoever wants no motion.
          share === null &&
            "w-1/3 translate-x-[300%] animate-in duration-1500 repeat-infinite slide-in-from-left-[400%] motion-reduce:w-full motion-reduce:translate-x-0 motion-reduce:opacity-60",
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
  const setback = setbackOf(sync);
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
      {setback && (
        <Notice tone="warn" title="It is tried again.">
          {sentence(setback)}
        </Notice>
      )}
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
  if (total) return `${NUMBERS.format(done)} of ${NUMBERS.format(total)} read`;
  return done > 0 ? `${NUMBERS.format(done)} read so far` : "Nobody knows yet how much there is.";
}
