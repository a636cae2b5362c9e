import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { PLACES } from "./places";
import { setStage } from "./stage";

const stage = setStage();

/** What a program gets that shows this key. */
async function shown(key: string): Promise<number> {
  const headers = { authorization: `Bearer ${key}` };
  return (await globalThis.fetch(`${stage.server.url}/api/v1/auth/me`, { headers })).status;
}

/** The secret that is shown this once, which is then put away. */
async function taken(page: Page, what: string): Promise<string> {
  const secret = (await page.getByRole("region", { name: what }).innerText()).trim();
  await page.getByRole("button", { name: "I have stored it" }).click();
  await page.getByRole("region", { name: what }).waitFor({ state: "detached" });
  expect(await page.content()).not.toContain(secret);
  return secret;
}

test("a key opens the API until its secret is changed, and until it is revoked", async () => {
  const { page, faults } = await stage.signedIn();
  await page.goto("/app/keys/");
  await page.getByRole("button", { name: "New API key" }).first().click();
  await page.getByLabel("Name").fill("deployer");
  await page.getByRole("button", { name: "Make the key" }).click();
  const first = await taken(page, "the API key");
  expect(await shown(first)).toBe(200);

  const actions = page.getByRole("button", { name: "What to do with the key deployer" });
  await actions.click();
  await page.getByRole("menuitem", { name: "New secret" }).click();
  await page.getByLabel("The old secret is good for").selectOption("ends at once");
  await page.getByRole("button", { name: "Make a new secret" }).click();
  const second = await taken(page, "the API key");
  expect(await shown(second)).toBe(200);
  await expect.poll(() => shown(first), { timeout: 5_000 }).toBe(401);

  await actions.click();
  await page.getByRole("menuitem", { name: "Revoke" }).click();
  await page.getByRole("button", { name: "Revoke", exact: true }).click();
  await actions.waitFor({ state: "detached" });
  await expect.poll(() => shown(second), { timeout: 5_000 }).toBe(401);
  expect(faults).toEqual([]);
  await page.context().close();
});

test("whoever is invited to look finds every page, and nothing that is refused", async () => {
  const { page } = await stage.signedIn();
  await page.goto("/app/users/");
  await page.getByRole("button", { name: "Invite" }).first().click();
  await page.getByLabel("E-mail").fill("grace@example.com");
  await page.getByLabel("Role").selectOption("viewer");
  await page.getByRole("button", { name: "Make the link" }).click();
  const link = await taken(page, "the link");
  await page.context().close();

  const { page: hers, faults } = await stage.visit();
  await hers.goto(link);
  await hers.getByLabel("Your name").fill("Grace");
  await hers.getByLabel("E-mail").fill("grace@example.com");
  await hers.getByLabel("Password").fill("a moth in relay seventy");
  await hers.getByRole("button", { name: "Register" }).click();
  await hers.waitForURL("**/app/");
  // A page of registration asks who is there before anybody is.
  faults.length = 0;
  for (const place of PLACES) {
    await hers.goto(`/app${place}`);
    await hers.getByRole("heading", { level: 1 }).waitFor();
    await hers.waitForLoadState("networkidle");
    expect(faults, place).toEqual([]);
  }
  await hers.context().close();
});
