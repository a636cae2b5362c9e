import { describe, expect, it } from "vitest";
import { givable, inWords, isAll, toggled } from "./realms";

describe("realms", () => {
  it("are all, or some by name", () => {
    expect(isAll(["*"])).toBe(true);
    expect(inWords(["*"])).toBe("all realms");
    expect(inWords(["crm", "data"])).toBe("crm, data");
    expect(inWords([])).toBe("no realm");
  });

  it("are chosen one by one, in order", () => {
    expect(toggled(["*"], "data")).toEqual(["data"]);
    expect(toggled(["data"], "crm")).toEqual(["crm", "data"]);
    expect(toggled(["crm", "data"], "crm")).toEqual(["data"]);
  });

  it("can be given as far as one has them", () => {
    const known = ["crm", "data", "design"];
    expect(givable(["*"], known)).toEqual(known);
    expect(givable(["data", "gone"], known)).toEqual(["data"]);
  });
});
