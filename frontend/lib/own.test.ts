// @vitest-environment jsdom
import { beforeEach, expect, test } from "vitest";
import { forget, ownStore } from "./own";

const ada = { principal: "user_ada", org: { id: "org_1" } };
const adaElsewhere = { ...ada, org: { id: "org_2" } };
const grace = { principal: "user_grace", org: { id: "org_1" } };

beforeEach(() => localStorage.clear());

test("what is kept for one person is there for nobody else, and for them again later", () => {
  ownStore(ada).setItem("draft.new", "half a question");
  expect(ownStore(grace).getItem("draft.new")).toBeNull();
  expect(ownStore(adaElsewhere).getItem("draft.new")).toBeNull();
  ownStore(grace).setItem("draft.new", "another");
  ownStore(grace).removeItem("draft.new");
  expect(ownStore(ada).getItem("draft.new")).toBe("half a question");
});

test("whoever signs out leaves nothing, and takes nothing of others", () => {
  localStorage.setItem("theme", "dark");
  localStorage.setItem("agentcy.keys-off", "1");
  for (const whose of [ada, adaElsewhere, grace]) ownStore(whose).setItem("recent", "[]");
  forget(ada);
  expect(ownStore(ada).getItem("recent")).toBeNull();
  expect(ownStore(adaElsewhere).getItem("recent")).toBeNull();
  expect(ownStore(grace).getItem("recent")).toBe("[]");
  expect(localStorage.getItem("theme")).toBe("dark");
  expect(localStorage.getItem("agentcy.keys-off")).toBeNull();
});
