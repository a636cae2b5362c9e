import { describe, expect, it } from "vitest";
import { mark, placeIn } from "./fault-place";

describe("the place of a fault", () => {
  it("is read only where all of it is told", () => {
    expect(placeIn({ line: 1, column: 2, offset: 1 })).toEqual({ line: 1, column: 2, offset: 1 });
    expect(placeIn({ line: 1 })).toBeNull();
    expect(placeIn(null)).toBeNull();
  });

  it("marks the word that is wrong", () => {
    const found = mark("MATCH (n)\nRETRUN n", { line: 2, column: 1, offset: 10 });
    expect(found).toMatchObject({
      text: "RETRUN n",
      before: "",
      fault: "RETRUN",
      start: 10,
      end: 16,
    });
  });

  it("counts characters, where strings count halves of them", () => {
    const query = "RETURN '😀😀' AS x, coun(*)";
    const offset = Array.from(query).indexOf("c");
    const { start, end, fault } = mark(query, { line: 1, column: offset + 1, offset });
    expect(query.slice(start, end)).toBe("coun");
    expect(fault).toBe("coun");
  });

  it("is a single sign where no word begins", () => {
    expect(mark("MATCH (n)) RETURN n", { line: 1, column: 10, offset: 9 })).toMatchObject({
      before: "MATCH (n)",
      fault: ")",
    });
  });

  it("can be the end of the query, or of a line", () => {
    expect(mark("MATCH (n", { line: 1, column: 9, offset: 8 })).toMatchObject({
      text: "MATCH (n",
      fault: "",
      start: 8,
      end: 8,
    });
    expect(mark("MATCH (n\r\nRETURN n", { line: 1, column: 9, offset: 8 })).toMatchObject({
      text: "MATCH (n",
      fault: "",
    });
  });
});
