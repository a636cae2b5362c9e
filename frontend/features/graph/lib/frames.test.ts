import { expect, it } from "vitest";
import { smoothness } from "./frames";

it("tells the usual, the slow and the slowest frame", () => {
  const gaps = [...Array.from({ length: 95 }, () => 10), 30, 30, 30, 30, 100];
  const times = gaps.reduce((times, gap) => [...times, (times.at(-1) ?? 0) + gap], [0]);
  const { frames, p50, p95, longest, perSecond } = smoothness(times);
  expect({ frames, p50, p95, longest }).toEqual({ frames: 100, p50: 10, p95: 30, longest: 100 });
  expect(perSecond).toBeCloseTo(85.5, 1);
});

it("is nothing where nothing was drawn", () => {
  expect(smoothness([5])).toEqual({ frames: 0, p50: 0, p95: 0, longest: 0, perSecond: 0 });
});
