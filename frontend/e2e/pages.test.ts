import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type axeCore from "axe-core";
import { describe, expect, test } from "vitest";
import { PLACES } from "./places";
import { makeRepository } from "./repository";
import { setStage } from "./stage";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const stage = setStage({}, makeRepository);

for (const theme of ["light", "dark"] as const) {
  describe(`in ${theme}`, () => {
    test.each(PLACES)("%s opens without a fault and can be used by everybody", async (place) => {
      const { page, faults } = await stage.signedIn({ colorScheme: theme });
      await page.goto(`/app${place}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForLoadState("networkidle");
      // Evaluated from outside, since the page's policy lets no foreign script in.
      await page.evaluate(AXE);
      const found = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as { axe: typeof axeCore };
        const result = await axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] });
        return result.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`);
      });
      expect(found).toEqual([]);
      expect(faults).toEqual([]);
      await page.context().close();
    });
  });
}

test.each(PLACES)("%s fits on a phone", async (place) => {
  const { page } = await stage.signedIn({ viewport: { width: 390, height: 844 } });
  await page.goto(`/app${place}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.waitForLoadState("networkidle");
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBeLessThanOrEqual(390);
  await page.context().close();
});

test("a page of the signed-in leads to the sign-in and back", async () => {
  const { page } = await stage.visit();
  await page.goto("/app/sources/?source=src_1");
  await page.getByLabel("E-mail").fill("admin@localhost");
  await page.getByLabel("Password").fill("admin");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/app/sources/?source=src_1");
  await page.context().close();
});

test("a page that is not there says so", async () => {
  const { page } = await stage.visit();
  const answer = await page.goto("/app/nothing/");
  expect(answer?.status()).toBe(404);
  await page.getByRole("link").first().waitFor();
  await page.context().close();
});

test("no script of a page can read what the session rests on", async () => {
  const { page } = await stage.signedIn();
  await page.goto("/app/");
  await page.getByRole("heading", { level: 1 }).waitFor();
  const readable = await page.evaluate(() =>
    JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }]),
  );
  expect(readable).not.toMatch(/eyJ|ak_live|session/);
  await page.context().close();
});

test("the chat takes text, and says how soon", async () => {
  const soon: number[] = [];
  const again: number[] = [];
  for (let time = 0; time < 5; time += 1) {
    const { page } = await stage.signedIn();
    await page.addInitScript(() => {
      const seen = new MutationObserver(() => {
        if (!document.querySelector("textarea")) return;
        performance.mark("takes text");
        seen.disconnect();
      });
      seen.observe(document, { childList: true, subtree: true });
    });
    const question = page.getByRole("textbox", { name: "Your question" });
    const took = async () => {
      await question.fill("a");
      return page.evaluate(() => performance.getEntriesByName("takes text")[0]?.startTime ?? NaN);
    };
    await page.goto("/app/chat/");
    soon.push(await took());
    await page.reload();
    again.push(await took());
    await page.context().close();
  }
  const middle = (millis: number[]) => Math.round(millis.sort((a, b) => a - b)[2] ?? NaN);
  console.log(
    `chat takes text after ${middle(soon)} ms, once it is known after ${middle(again)} ms`,
  );
  expect([...soon, ...again].every(Number.isFinite)).toBe(true);
});
