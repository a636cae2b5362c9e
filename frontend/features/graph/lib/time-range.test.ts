import { describe, expect, it } from "vitest";
import { fromField, placeOf, startOf, STEPS, timeAt, toField } from "./time-range";

const range = {
  start: Date.parse("2026-01-01T00:00:00Z"),
  end: Date.parse("2026-01-11T00:00:00Z"),
};

describe("the slider of time", () => {
  it("is now at its right end", () => {
    expect(timeAt(STEPS, range)).toBeNull();
    expect(placeOf(null, range)).toBe(STEPS);
  });

  it("goes there and back", () => {
    expect(timeAt(500, range)).toBe("2026-01-06T00:00:00.000Z");
    expect(placeOf("2026-01-06T00:00:00Z", range)).toBe(500);
    expect(placeOf("2020-01-01T00:00:00Z", range)).toBe(0);
  });

  it("begins a little before the first thing", () => {
    expect(startOf(["2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"], range.end)).toBeLessThan(
      range.start,
    );
    expect(startOf([], range.end)).toBe(range.end - 3_600_000);
  });

  it("fills a field of local time", () => {
    const time = "2026-01-06T12:34:00.000Z";
    expect(fromField(toField(time))).toBe(time);
    expect(fromField("")).toBeNull();
  });
});
