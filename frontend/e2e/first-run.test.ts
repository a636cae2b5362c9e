import { expect, test } from "vitest";
import { makeRepository } from "./repository";
import { setStage } from "./stage";

const stage = setStage({}, makeRepository);

test("from the sign-in to an answered question about one's own repository", async () => {
  const { page, faults } = await stage.visit();
  await page.goto("/");
  const began = performance.now();
  await page.getByLabel("E-mail").fill("admin@localhost");
  await page.getByLabel("Password").fill("admin");
  await page.getByRole("button", { name: "Sign in" }).click();

  await page.getByRole("button", { name: "Connect this repository" }).click();
  const ask = page.getByRole("listitem").filter({ hasText: "Ask a first question" });
  await ask.getByRole("textbox").fill("who wrote src/payments.rs?");
  await ask.getByRole("textbox").press("Enter");

  await page.waitForURL("**/app/chat/**");
  const said = page.getByRole("log", { name: "What was said" });
  await said.getByText("Grace Hopper").first().waitFor();
  console.log(`sign-in to answer: ${((performance.now() - began) / 1000).toFixed(1)} s`);

  const sources = said.getByRole("list", { name: "Sources of the answer" });
  const cited = sources.getByRole("link").first();
  const name = (await cited.innerText()).replace(/^\d+\s*/, "");
  await cited.click();
  await page.waitForURL("**/app/graph/?node=*");
  await page.getByRole("complementary").getByText(name).first().waitFor();
  // A sign-in page asks who is there before anybody is.
  expect(faults.filter((fault) => !fault.includes("401"))).toEqual([]);
  await page.context().close();
});

test("an answer is whole after a reload", async () => {
  const { page } = await stage.signedIn();
  await page.goto("/app/chat/");
  await page.getByRole("textbox", { name: "Your question" }).fill("how many files are there?");
  await page.getByRole("textbox", { name: "Your question" }).press("Enter");
  await page.waitForURL("**/app/chat/?conversation=*");
  await page.reload();
  const said = page.getByRole("log", { name: "What was said" });
  await said.getByText("how many files are there?").waitFor();
  await said.getByText(/\b3 files\b/i).waitFor();
  expect(await said.getByText("how many files are there?").count()).toBe(1);
  expect(await said.getByText(/\b3 files\b/i).count()).toBe(1);
  await page.context().close();
});
