import { describe, expect, it } from "vitest";
import type { Source, Sync } from "@/lib/api/client";
import {
  advanced,
  fold,
  isUnderWay,
  phaseOf,
  setbackOf,
  shareOf,
  updateOf,
  type SyncUpdate,
} from "./progress";

const AT = "2026-11-22T10:00:00Z";
const NONE = { added: 0, changed: 0, archived: 0, unchanged: 0 };

function update(over: Partial<SyncUpdate> = {}): SyncUpdate {
  const progress = { done: 0, total: null };
  return { id: "job_2", source_id: "src_1", state: "queued", progress, counts: NONE, ...over };
}

function after(...updates: Partial<SyncUpdate>[]): Sync {
  return updates.reduce<Sync | null>((sync, part) => fold(sync, update(part), AT), null) as Sync;
}

describe("a sync that is told of", () => {
  it("goes from waiting over reading to the graph", () => {
    expect(phaseOf(after({}))).toEqual({ kind: "waiting" });
    const running = after({}, { state: "running", progress: { done: 5, total: 20 } });
    expect(phaseOf(running)).toEqual({ kind: "reading", done: 5, total: 20 });
    expect(running.started_at).toBe(AT);
    const written = after({}, { state: "succeeded", counts: { ...NONE, added: 7 } });
    expect(phaseOf(written)).toEqual({ kind: "showing" });
    expect(written).toMatchObject({ counts: { added: 7 }, finished_at: AT });
    expect(phaseOf({ ...written, projected: true })).toEqual({ kind: "done" });
  });

  it("does not begin again by an event that is late", () => {
    const over = after({ state: "failed" });
    expect(fold(over, update({ state: "running" }), AT)).toBe(over);
    expect(fold(over, update({ id: "job_1", state: "succeeded" }), AT)).toBe(over);
  });

  it("gives way to a newer one", () => {
    const next = fold(after({ state: "failed" }), update({ id: "job_3" }), AT);
    expect(next).toMatchObject({ id: "job_3", state: "queued", finished_at: null });
  });
});

it("changes its own source only", () => {
  const source = { id: "src_1", state: "ready", last_sync: null } as Source;
  expect(advanced(source, update({ source_id: "src_2" }), AT)).toBe(source);
  expect(advanced(source, update(), AT).state).toBe("syncing");
  expect(advanced(source, update({ state: "cancelled" }), AT).state).toBe("ready");
});

it("knows how far it is only when somebody said", () => {
  expect(shareOf({ kind: "reading", done: 5, total: 20 })).toBe(0.25);
  expect(shareOf({ kind: "reading", done: 30, total: 20 })).toBe(1);
  expect(shareOf({ kind: "reading", done: 5, total: null })).toBeNull();
  expect(shareOf({ kind: "waiting" })).toBeNull();
});

it("is waited for until the graph shows it", () => {
  expect(isUnderWay(null)).toBe(false);
  expect(isUnderWay(after({ state: "succeeded" }))).toBe(true);
  expect(isUnderWay({ ...after({ state: "succeeded" }), projected: true })).toBe(false);
  expect(isUnderWay(after({ state: "cancelled" }))).toBe(false);
});

it("takes nothing else for an update", () => {
  expect(updateOf(update())).toEqual(update());
  expect(updateOf(null)).toBeNull();
  expect(updateOf({ ...update(), state: "melting" })).toBeNull();
});

it("says why it is tried again, as long as it is", () => {
  const errors = [{ place: "", message: "attempt 2 of 5: the source cannot be reached" }];
  expect(setbackOf({ ...after({}), errors })).toContain("attempt 2 of 5");
  expect(setbackOf({ ...after({ state: "failed" }), errors })).toBeUndefined();
});
