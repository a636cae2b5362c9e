import { describe, expect, it } from "vitest";
import { frame, nearest } from "./frame";

describe("the camera", () => {
  it("stands over the middle, as far away as the larger side asks", () => {
    const state = frame(
      [
        { x: -300, y: 0 },
        { x: 100, y: 0 },
      ],
      { width: 980, height: 500 },
    );
    expect(state).toMatchObject({ x: 0.4, y: 0.5 });
    // 400 units in 800 pixels, where 1,000 units are 500 pixels.
    expect(state?.ratio).toBeCloseTo(0.4 / (800 / 500));
  });

  it("does not come too close to a single node, and has nothing to show of none", () => {
    expect(frame([{ x: 7, y: 7 }], { width: 500, height: 500 })?.ratio).toBe(0.05);
    expect(frame([], { width: 500, height: 500 })).toBeNull();
  });
});

describe("the next node", () => {
  const nodes = [
    ["left", { x: -10, y: 0 }],
    ["here", { x: 0, y: 0 }],
    ["right", { x: 10, y: 1 }],
    ["far right", { x: 20, y: 0 }],
    ["above", { x: 0, y: 10 }],
  ] as const;
  const here = { x: 0, y: 0 };

  it("lies in the direction of the arrow", () => {
    expect(nearest(nodes, here, [1, 0], "here")).toBe("right");
    expect(nearest(nodes, here, [-1, 0], "here")).toBe("left");
    expect(nearest(nodes, here, [0, -1], "here")).toBe("above");
    expect(nearest(nodes, here, [0, 1], "here")).toBeNull();
  });

  it("is the nearest one when nothing is selected", () => {
    expect(nearest(nodes, here, [0, 1], null)).toBe("here");
  });
});
