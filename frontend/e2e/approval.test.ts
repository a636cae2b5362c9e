import { expect, test } from "vitest";
import { setStage } from "./stage";

const stage = setStage();

test("a question to a person outlives the server, and its yes acts once", async () => {
  const { page } = await stage.signedIn();
  await page.goto("/app/chat/");
  const question = page.getByRole("textbox", { name: "Your question" });
  await question.fill("add a Service named payments with tier = gold in the realm infrastructure");
  await question.press("Enter");
  const said = page.getByRole("log", { name: "What was said" });
  await said.getByRole("button", { name: "Approve" }).waitFor();

  await stage.server.kill();
  await stage.server.run();

  await page.reload();
  await said.getByRole("button", { name: "Approve" }).click();
  await said
    .getByText(/approved/i)
    .first()
    .waitFor();

  async function services() {
    const found = await page.request.get("/api/v1/graph/nodes?q=payments&label=Service");
    return ((await found.json()) as { items: unknown[] }).items.length;
  }
  await expect.poll(services, { timeout: 30_000 }).toBe(1);
  await page.context().close();
});

test("a question waits in the inbox of approvals, and a no is told to the model", async () => {
  const { page } = await stage.signedIn();
  await page.goto("/app/chat/");
  const question = page.getByRole("textbox", { name: "Your question" });
  await question.fill("add a Service named ledger with tier = gold in the realm infrastructure");
  await question.press("Enter");
  const said = page.getByRole("log", { name: "What was said" });
  await said.getByRole("button", { name: "Approve" }).waitFor();

  await page.goto("/app/approvals/");
  await page.getByRole("button", { name: "Deny…" }).click();
  await page.getByLabel("Why not").fill("not this week");
  await page.getByRole("button", { name: "Deny", exact: true }).click();
  await page.getByText("not this week").first().waitFor();

  const found = await page.request.get("/api/v1/graph/nodes?q=ledger&label=Service");
  const { items } = (await found.json()) as { items: unknown[] };
  expect(items).toHaveLength(0);
  await page.context().close();
});
