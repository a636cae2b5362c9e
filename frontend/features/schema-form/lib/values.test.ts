import { describe, expect, it } from "vitest";
import { shapeOf } from "./shape";
import { chosenOf, faultAt, faultsOf, rangeOf, sendableOf, Unread } from "./values";

const GIT = shapeOf({
  oneOf: [{ required: ["path"] }, { required: ["url"] }],
  properties: {
    path: { type: "string", maxLength: 10 },
    url: { type: "string" },
    max_commits: { type: "integer", minimum: 1, maximum: 200 },
  },
});

const CSV = shapeOf({
  properties: {
    key: { type: "string" },
    label: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
    relations: {
      type: "array",
      items: {
        type: "object",
        properties: { field: { type: "string" }, separator: { type: ["string", "null"] } },
        required: ["field"],
      },
    },
    headers: { type: "object", additionalProperties: { type: "string" } },
    body: {},
  },
  required: ["key", "label"],
});

describe("what is sent", () => {
  it("is without what was left blank", () => {
    const value = {
      key: "id",
      label: ["Service", ""],
      relations: [{ field: "owner", separator: "" }],
      headers: { "": "x", accept: "text/plain", blank: "" },
    };
    expect(sendableOf(CSV, value)).toEqual({
      key: "id",
      label: ["Service"],
      relations: [{ field: "owner" }],
      headers: { accept: "text/plain" },
    });
  });

  it("keeps masks, and the null that removes a secret", () => {
    const shape = shapeOf({ properties: { token: { type: "string" } } }, true);
    expect(sendableOf(shape, { token: null, "header.X": "****" })).toEqual({
      token: null,
      "header.X": "****",
    });
    expect(sendableOf(shape, { token: "" })).toEqual({});
  });
});

describe("what is wrong before anything is sent", () => {
  it("names what is needed, deep within too", () => {
    const faults = faultsOf(CSV, { label: [""], relations: [{ field: "a" }, {}] }, "config");
    expect([...faults.keys()]).toEqual(["config.key", "config.label", "config.relations[1].field"]);
  });

  it("asks for the chosen one of the alternatives only", () => {
    expect(chosenOf(GIT, {})).toBe("path");
    expect(chosenOf(GIT, { url: "" })).toBe("url");
    expect([...faultsOf(GIT, { url: "" }, "config").keys()]).toEqual(["config.url"]);
    expect(faultsOf(GIT, { url: "https://example.com" }, "config").size).toBe(0);
  });

  it("judges numbers, lengths and JSON", () => {
    const fault = (value: unknown) =>
      faultsOf(GIT, { path: ".", max_commits: value }, "").get("max_commits");
    expect(fault(5)).toBeUndefined();
    expect(fault(0)).toBe("1 to 200.");
    expect(fault(1.5)).toBe("A whole number is needed.");
    expect(fault("ten")).toBe("A number is needed.");
    expect(faultsOf(GIT, { path: "x".repeat(11) }, "config").get("config.path")).toContain("10");
    const broken = { key: "a", label: ["b"], body: new Unread("{") };
    expect(faultsOf(CSV, broken, "config").get("config.body")).toContain("JSON");
  });
});

it("finds faults by place, or within it", () => {
  const faults = new Map([["config.types.port", "no such type"]]);
  expect(faultAt(faults, "config.types")).toBeUndefined();
  expect(faultAt(faults, "config.types", true)).toBe("no such type");
  expect(faultAt(faults, "config.type", true)).toBeUndefined();
});

it("says ranges in words", () => {
  expect(rangeOf({ min: 1, max: 200_000 })).toBe("1 to 200,000");
  expect(rangeOf({ min: 1 })).toBe("1 or more");
  expect(rangeOf({ min: 0 })).toBeUndefined();
  expect(rangeOf({ max: 5 })).toBe("5 at most");
});
