import { expect, it } from "vitest";
import { withRecent, type Recent } from "./recents";

function recent(id: string): Recent {
  return { id, group: "Tasks", title: id, detail: "", href: `/tasks/?task=${id}` };
}

it("what was opened last stands first, once, among a few", () => {
  const before = ["a", "b", "c"].map(recent);
  expect(withRecent(before, recent("b")).map(({ id }) => id)).toEqual(["b", "a", "c"]);
  const many = Array.from({ length: 20 }, (_, at) => recent(`t${at}`));
  const kept = many.reduce<Recent[]>(withRecent, []);
  expect(kept.map(({ id }) => id)).toEqual([
    "t19",
    "t18",
    "t17",
    "t16",
    "t15",
    "t14",
    "t13",
    "t12",
  ]);
});
