import { describe, expect, it } from "vitest";
import type { Source, SourceKind } from "@/lib/api/client";
import { createOf, draftFaults, draftOf, newDraft, patchOf, stillTrue } from "./draft";

function kind(over: Partial<SourceKind>): SourceKind {
  const text = { type: "string" };
  return {
    source_type: "csv",
    title: "CSV",
    description: "",
    config_schema: { properties: { key: text, url: text }, required: ["key"] },
    credential_schema: { properties: { authorization: text } },
    syncs: true,
    uploads: true,
    tools: [],
    ...over,
  };
}

const CSV = kind({});
const HTTP = kind({ source_type: "http", uploads: false });

function source(over: object): Source {
  const base = { name: "api", realm: "data", config: { key: "id", url: "https://a" } };
  return { ...base, credentials: { authorization: "****abcd" }, ...over } as unknown as Source;
}

describe("a new source", () => {
  it("begins in a realm that may be used", () => {
    expect(newDraft(CSV, ["crm", "data"]).realm).toBe("data");
    expect(newDraft(CSV, ["crm"]).realm).toBe("crm");
  });

  it("needs a file or an address, whichever was chosen", () => {
    const draft = { ...newDraft(CSV, ["data"]), name: "a", config: { key: "id" } };
    expect([...draftFaults(CSV, draft, null, true).keys()]).toEqual(["content"]);
    const fetched = { ...draft, from: "url" as const };
    expect([...draftFaults(CSV, fetched, null, true).keys()]).toEqual(["config.url"]);
  });

  it("sends neither the address nor the credentials of what is uploaded", () => {
    const config = { key: "id", url: "https://a" };
    const draft = {
      ...newDraft(CSV, ["data"]),
      name: " a ",
      config,
      credentials: { authorization: "x" },
    };
    expect(createOf(CSV, draft)).toEqual({
      source_type: "csv",
      name: "a",
      realm: "data",
      config: { key: "id" },
    });
    expect(createOf(CSV, { ...draft, from: "url" })).toMatchObject({
      config,
      credentials: { authorization: "x" },
    });
  });
});

describe("a changed source", () => {
  it("sends what changed, and no mask", () => {
    const before = source({});
    const draft = draftOf(before);
    expect(patchOf(HTTP, before, draft)).toEqual({});
    expect(patchOf(HTTP, before, { ...draft, name: "b" })).toEqual({ name: "b" });
    const moved = { ...draft, config: { url: "https://b", key: "id" } };
    expect(patchOf(HTTP, before, moved)).toEqual({ config: moved.config });
    const bare = { ...draft, credentials: { authorization: null } };
    expect(patchOf(HTTP, before, bare)).toEqual({ credentials: { authorization: null } });
  });
});

it("keeps saying what is wrong until it is changed", () => {
  const then = draftOf(source({}));
  const faults = new Map([
    ["config.url", "no"],
    ["config.key", "no"],
    ["credentials.authorization", "no"],
  ]);
  const now = { ...then, config: { key: "id", url: "https://b" } };
  expect([...stillTrue(faults, then, now).keys()]).toEqual([
    "config.key",
    "credentials.authorization",
  ]);
});
