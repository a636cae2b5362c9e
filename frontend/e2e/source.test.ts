import { once } from "node:events";
import { createServer, type Server as Http } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { setStage } from "./stage";

const SERVICES = [
  { id: "svc-1", name: "payments", tier: "gold" },
  { id: "svc-2", name: "orders", tier: "silver" },
];

let api: Http;
let port: number;
const stage = setStage({ AGENTCY_EGRESS_ALLOW: "127.0.0.1/32" });

beforeAll(async () => {
  api = createServer((request, response) => {
    const isKnown = request.headers.authorization === "Bearer right";
    response.writeHead(isKnown ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify(isKnown ? SERVICES : { error: "who are you?" }));
  }).listen(0, "127.0.0.1");
  await once(api, "listening");
  const address = api.address();
  if (!address || typeof address === "string") throw new Error("no port");
  ({ port } = address);
});

afterAll(() => {
  api.close();
});

test("a source with a wrong credential says so, and works with the right one", async () => {
  const { page } = await stage.signedIn();
  await page.goto("/app/sources/?new=json");
  await page.getByText("Fetch from a URL").click();
  await page.getByLabel("URL").fill(`http://127.0.0.1:${port}/services`);
  await page.getByLabel("Key", { exact: true }).fill("id");
  await page.getByLabel("Label", { exact: true }).fill("Service");
  await page.getByLabel("Authorization").fill("Bearer wrong");
  await page.getByLabel("Name", { exact: true }).last().fill("services");

  await page.getByRole("button", { name: "Test", exact: true }).click();
  await page.getByText("401").first().waitFor();

  await page.getByLabel("Authorization").fill("Bearer right");
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await page.getByText("It works.").waitFor();

  await page.getByRole("button", { name: "Connect and sync" }).click();
  await page.waitForURL("**/app/sources/?source=src_*");
  await page
    .getByText(/2 added/)
    .first()
    .waitFor();
  expect(await page.content()).not.toContain("Bearer right");
  await page.context().close();
});

test("a file is uploaded, found in the graph, and gone with its source", async () => {
  const ship = "Antarctica";
  const { page, faults } = await stage.signedIn();
  await page.goto("/app/sources/?new=json");
  await page.getByText("Upload a file").click();
  const buffer = Buffer.from(JSON.stringify([{ id: ship, name: ship }]));
  await page
    .locator('input[type="file"]')
    .setInputFiles({ name: "ships.json", mimeType: "application/json", buffer });
  await page.getByLabel("Key", { exact: true }).fill("id");
  await page.getByLabel("Label", { exact: true }).fill("Ship");
  await page.getByLabel("Name", { exact: true }).last().fill(ship);
  await page.getByRole("button", { name: "Connect and sync" }).click();
  await page.waitForURL("**/app/sources/?source=src_*");
  const source = page.url();
  await page
    .getByText(/1 added/)
    .first()
    .waitFor();

  const found = page.getByRole("list", { name: "Found" }).getByText(ship);
  await page.goto(`/app/graph/?q=${ship}`);
  await found.first().waitFor();

  await page.goto(source);
  await page.getByRole("button", { name: `More for ${ship}` }).click();
  await page.getByRole("menuitem", { name: "Disconnect…" }).click();
  await page.getByRole("checkbox", { name: /Archive what it said/ }).check();
  await page.getByRole("button", { name: "Disconnect", exact: true }).click();
  await page.waitForURL((url) => !url.search.includes("source="));
  await page.goto(`/app/graph/?q=${ship}`);
  await page.getByText("Nothing found").waitFor();
  expect(await found.count()).toBe(0);
  expect(faults).toEqual([]);
  await page.context().close();
});
