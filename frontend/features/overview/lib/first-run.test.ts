import { describe, expect, it } from "vitest";
import type { Source, Sync } from "@/lib/api/client";
import { firstRunOf, placeOf, repositoryOf } from "./first-run";

const NONE = { hasAsked: false, toolsOnly: new Set(["http"]) };

function source(id: string, sync?: Partial<Sync>, source_type = "git"): Source {
  const base = { state: "succeeded", projected: true, progress: { done: 0 } };
  const last_sync = sync ? { ...base, ...sync } : null;
  return { id, source_type, last_sync } as unknown as Source;
}

describe("the first run", () => {
  it("begins with a source", () => {
    expect(firstRunOf({ ...NONE, sources: [] })).toEqual({ step: "connect" });
    expect(firstRunOf({ ...NONE, sources: [], hasAsked: true })).toEqual({ step: "connect" });
  });

  it("waits until the graph shows what was read", () => {
    const waiting = source("a", { state: "queued" });
    const unread = source("b");
    expect(firstRunOf({ ...NONE, sources: [unread, waiting] })).toMatchObject({
      step: "sync",
      source: { id: "a" },
    });
    const unseen = source("a", { projected: false });
    expect(firstRunOf({ ...NONE, sources: [unseen] }).step).toBe("sync");
    expect(firstRunOf({ ...NONE, sources: [source("a", { state: "failed" })] }).step).toBe("sync");
  });

  it("asks once one source is ready, whatever the others do", () => {
    const sources = [source("a", { state: "failed" }), source("b", {})];
    expect(firstRunOf({ ...NONE, sources })).toMatchObject({ step: "ask", source: { id: "b" } });
    const http = source("c", undefined, "http");
    expect(firstRunOf({ ...NONE, sources: [http] }).step).toBe("ask");
  });

  it("is over with the first question", () => {
    expect(firstRunOf({ ...NONE, sources: [source("a", {})], hasAsked: true }).step).toBe("over");
  });

  it.each(["queued", "running", "failed"] as const)(
    "stays over while the only source is %s again",
    (state) => {
      const sources = [source("a", { state })];
      expect(firstRunOf({ ...NONE, sources, hasAsked: true }).step).toBe("over");
    },
  );

  it("has steps that are behind, and steps ahead", () => {
    expect(placeOf("connect", "sync")).toBe("done");
    expect(placeOf("sync", "sync")).toBe("now");
    expect(placeOf("ask", "sync")).toBe("ahead");
    expect(placeOf("ask", "over")).toBe("done");
  });
});

it("takes a repository as a path or as an address, and gives it a name", () => {
  expect(repositoryOf(" . ")).toEqual({ name: "this repository", config: { path: "." } });
  expect(repositoryOf("/srv/shop/")).toEqual({ name: "shop", config: { path: "/srv/shop/" } });
  expect(repositoryOf("https://example.com/a/shop.git")).toEqual({
    name: "shop",
    config: { url: "https://example.com/a/shop.git" },
  });
});
