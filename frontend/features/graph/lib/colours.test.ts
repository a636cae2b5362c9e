import { describe, expect, it } from "vitest";
import { colourAt, contrast, faded, fromOklch, hex, palette } from "./colours";

const GROUND = { light: "#fafbfc", dark: "#0d1017" } as const;

describe("the palette", () => {
  it("gives each label a place of its own, and the same one again", () => {
    const placeOf = palette();
    expect(["File", "Commit", "File", "Team"].map(placeOf)).toEqual([0, 1, 0, 2]);
  });

  it("has twenty colours before one comes again", () => {
    const colours = Array.from({ length: 21 }, (_, place) => colourAt(place, "dark"));
    expect(new Set(colours).size).toBe(20);
  });

  it.each(["light", "dark"] as const)("can be told from the ground when it is %s", (theme) => {
    for (let place = 0; place < 20; place++) {
      expect(contrast(colourAt(place, theme), GROUND[theme])).toBeGreaterThanOrEqual(3);
    }
  });
});

describe("colours", () => {
  it("come out of oklch as browsers have them", () => {
    expect(hex(fromOklch(1, 0, 0))).toBe("#ffffff");
    expect(hex(fromOklch(0, 0, 0))).toBe("#000000");
    expect(hex(fromOklch(0.627955, 0.257683, 29.234))).toBe("#ff0000");
  });

  it("fade into the ground", () => {
    expect(faded("#ffffff", "#000000", 0.5)).toBe("#808080");
    expect(faded("#123456", "#000000", 1)).toBe("#123456");
  });
});
