import { expect, it } from "vitest";
import { press } from "./keys";

it("g and a letter lead to a page, ? to the help, and other keys nowhere", () => {
  expect(press("g", false)).toBe("began");
  expect(press("s", true)).toEqual({ go: "s" });
  expect(press("g", true)).toEqual({ go: "g" });
  expect(press("?", false)).toBe("help");
  expect(press("s", false)).toBe("nothing");
});
