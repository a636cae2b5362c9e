import { expect, it } from "vitest";
import { covers } from "./roles";

it("a role may do all that a weaker one may, and no more", () => {
  expect(covers("owner", "admin")).toBe(true);
  expect(covers("admin", "admin")).toBe(true);
  expect(covers("member", "admin")).toBe(false);
  expect(covers("viewer", "member")).toBe(false);
});
