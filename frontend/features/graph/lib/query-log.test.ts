import { expect, it } from "vitest";
import { noted, parsed } from "./query-log";

const asked = (query: string) => ({ query, params: "", at: "2026-01-01T00:00:00Z" });

it("keeps each query once, the newest first, and not too many", () => {
  const list = noted(noted([asked("a")], asked("b")), asked("a"));
  expect(list.map(({ query }) => query)).toEqual(["a", "b"]);
  const many = Array.from({ length: 60 }, (_, at) => asked(String(at))).reduce(noted, []);
  expect(many).toHaveLength(50);
  expect(noted([], asked("x".repeat(20_000)))).toEqual([]);
});

it("forgets what makes no sense", () => {
  expect(parsed("{")).toEqual([]);
  expect(parsed('{"a":1}')).toEqual([]);
  expect(parsed('[{"query":1},null]')).toEqual([]);
  expect(parsed(JSON.stringify([asked("a")]))).toHaveLength(1);
});
