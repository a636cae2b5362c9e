import { expect, it } from "vitest";
import { fromSecs, toSecs } from "./duration";

it("seconds are said in the largest unit that loses nothing", () => {
  expect(fromSecs(300)).toEqual({ amount: 5, unit: "minutes" });
  expect(fromSecs(604_800)).toEqual({ amount: 7, unit: "days" });
  expect(fromSecs(90)).toEqual({ amount: 90, unit: "seconds" });
  expect(fromSecs(5_400)).toEqual({ amount: 90, unit: "minutes" });
  for (const secs of [10, 61, 3_600, 86_400, 604_800]) expect(toSecs(fromSecs(secs))).toBe(secs);
});
