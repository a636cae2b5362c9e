// How a sync stands: what the API said last, and what the socket has told since.
import type { Source, Sync, SyncState } from "@/lib/api/client";

/** What `sync.updated` tells. */
export interface SyncUpdate {
  id: string;
  source_id: string;
  state: SyncState;
  progress: Sync["progress"];
  counts: Sync["counts"];
}

const STATES: readonly string[] = ["queued", "running", "succeeded", "failed", "cancelled"];

/** An event's data, if it is an update of a sync. */
export function updateOf(data: unknown): SyncUpdate | null {
  const update = data as Partial<SyncUpdate> | null;
  const isWhole =
    typeof update?.id === "string" &&
    typeof update.source_id === "string" &&
    STATES.includes(update.state ?? "") &&
    typeof update.progress?.done === "number" &&
    typeof update.counts?.added === "number";
  return isWhole ? (update as SyncUpdate) : null;
}

export function isOver(state: SyncState): boolean {
  return state === "succeeded" || state === "failed" || state === "cancelled";
}

/** A sync after an update. What is late, or of an older sync, changes nothing. */
export function fold(sync: Sync | null | undefined, update: SyncUpdate, at: string): Sync {
  const { id, source_id, state, progress, counts } = update;
  // Ids rise with time.
  if (!sync || id > sync.id) {
    return {
      id,
      source_id,
      state,
      progress,
      counts,
      errors: [],
      log: [],
      projected: false,
      created_at: at,
      started_at: state === "queued" ? null : at,
      finished_at: isOver(state) ? at : null,
    };
  }
  if (id < sync.id || (isOver(sync.state) && !isOver(state))) return sync;
  return {
    ...sync,
    state,
    progress,
    counts,
    started_at: sync.started_at ?? (state === "queued" ? null : at),
    finished_at: sync.finished_at ?? (isOver(state) ? at : null),
  };
}

/** A source after an update of one of its syncs. */
export function advanced(source: Source, update: SyncUpdate, at: string): Source {
  if (source.id !== update.source_id) return source;
  const sync = fold(source.last_sync, update, at);
  if (sync === source.last_sync) return source;
  return { ...source, last_sync: sync, state: sourceState(sync.state, source.state) };
}

function sourceState(sync: SyncState, before: Source["state"]): Source["state"] {
  if (sync === "succeeded") return "ready";
  if (sync === "failed") return "failed";
  return sync === "cancelled" ? before : "syncing";
}

export type Phase =
  | { kind: "none" | "waiting" | "showing" | "done" | "failed" | "cancelled" }
  | { kind: "reading"; done: number; total: number | null };

/** Where a sync is on its way, up to the graph that shows what it found. */
export function phaseOf(sync: Sync | null | undefined): Phase {
  switch (sync?.state) {
    case undefined:
      return { kind: "none" };
    case "queued":
      return { kind: "waiting" };
    case "running":
      return { kind: "reading", done: sync.progress.done, total: sync.progress.total ?? null };
    case "succeeded":
      return { kind: sync.projected ? "done" : "showing" };
    case "failed":
      return { kind: "failed" };
    case "cancelled":
      return { kind: "cancelled" };
  }
}

/** Whether something will come without anybody asking for it. */
export function isUnderWay(sync: Sync | null | undefined): boolean {
  return ["waiting", "reading", "showing"].includes(phaseOf(sync).kind);
}

/** Why it did not work the last time, while it is tried again. */
export function setbackOf(sync: Sync): string | undefined {
  return isOver(sync.state) ? undefined : sync.errors.at(-1)?.message;
}

/** How far it is, from 0 to 1; null while nobody knows. */
export function shareOf(phase: Phase): number | null {
  if (phase.kind === "showing" || phase.kind === "done") return 1;
  if (phase.kind !== "reading" || !phase.total || phase.done === 0) return null;
  return Math.min(phase.done / phase.total, 1);
}
