import { expect, it } from "vitest";
import type { Sync } from "@/lib/api/client";
import { countsInWords, durationOf, manyOf } from "./words";

it("tells what a sync changed, and only that", () => {
  const none = { added: 0, changed: 0, archived: 0, unchanged: 0 };
  expect(countsInWords({ ...none, added: 7188, archived: 1 })).toBe("7,188 added, 1 archived");
  expect(countsInWords({ ...none, unchanged: 5 })).toBe("5 unchanged");
  expect(countsInWords(none)).toBe("nothing changed");
});

it("says how long a sync took", () => {
  const took = (finished_at: string | null) =>
    durationOf({ started_at: "2026-01-01T00:00:00Z", finished_at } as Sync);
  expect(took("2026-01-01T00:00:00.500Z")).toBe("0.5 s");
  expect(took("2026-01-01T00:00:42Z")).toBe("42 s");
  expect(took("2026-01-01T00:03:05Z")).toBe("3 min 5 s");
  expect(took("2026-01-01T02:03:05Z")).toBe("2 h 3 min");
  expect(took(null)).toBe("–");
});

it("speaks of many", () => {
  expect(manyOf("Service")).toBe("services");
  expect(manyOf("OrderEntry")).toBe("order entries");
  expect(manyOf("Status")).toBe("statuses");
});
