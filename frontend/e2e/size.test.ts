import { readFileSync, statSync } from "node:fs";
import { expect, test } from "vitest";

const BUDGET = 300_000;

/** Bytes of all scripts that a page asks for before anything is clicked, packed. */
function firstScripts(page: string): number {
  const html = readFileSync(`out/${page}index.html`, "utf8");
  const scripts = new Set(
    [...html.matchAll(/<script[^>]*\ssrc="\/app\/([^"]+)"/g)].map((it) => it[1]),
  );
  return [...scripts].reduce((sum, path) => sum + statSync(`out/${path}.gz`).size, 0);
}

test("the first script of the chat page is small", () => {
  const bytes = firstScripts("chat/");
  console.log(`chat: ${bytes} bytes of script, packed`);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThanOrEqual(BUDGET);
});
