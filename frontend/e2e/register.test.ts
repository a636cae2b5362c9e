import { expect, test } from "vitest";
import { setStage } from "./stage";

const stage = setStage({ AGENTCY_REGISTRATION: "open" });

test("somebody new makes an organisation of their own, and sees nothing of the others", async () => {
  const { page, faults } = await stage.visit();
  await page.goto("/app/login/");
  await page.getByRole("link", { name: /organisation/ }).click();
  await page.getByRole("heading", { name: "Make an organisation" }).waitFor();
  await page.getByLabel("Organisation").fill("Relay Works");
  await page.getByLabel("Your name").fill("Grace");
  await page.getByLabel("E-mail").fill("grace@example.com");
  const register = page.getByRole("button", { name: "Register" });
  await page.getByLabel("Password").fill("short");
  expect(await register.isDisabled()).toBe(true);
  await page.getByLabel("Password").fill("a moth in relay seventy");
  await register.click();
  await page.waitForURL("**/app/");
  await page.getByRole("button", { name: /Relay Works · owner/ }).waitFor();
  await page.waitForLoadState("networkidle");
  // Who is there was asked before anybody was, and a repository that only the first organisation may read.
  faults.length = 0;

  await page.goto("/app/users/");
  await page.getByText("grace@example.com").first().waitFor();
  expect(await page.getByText("admin@localhost").count()).toBe(0);
  expect(faults).toEqual([]);
  await page.context().close();
});
