import { beforeAll, expect, test } from "vitest";
import { makeRepository } from "./repository";
import { setStage } from "./stage";

const stage = setStage({}, makeRepository);

beforeAll(async () => {
  const { page } = await stage.signedIn();
  const headers = { origin: stage.server.url };
  const made = await page.request.post("/api/v1/sources", {
    headers,
    data: { name: "shop", source_type: "git", realm: "development", config: { path: "." } },
  });
  const { id } = (await made.json()) as { id: string };
  const begun = await page.request.post(`/api/v1/sources/${id}/sync`, { headers });
  const sync = begun.headers()["location"] ?? "";
  let state: { projected?: boolean } = {};
  while (!state.projected) {
    state = (await (await page.request.get(sync)).json()) as typeof state;
  }
  await page.context().close();
});

test("a node is found, opened, and what is around it shown", async () => {
  const { page, faults } = await stage.signedIn();
  await page.goto("/app/graph/");
  await page.getByRole("searchbox", { name: "Search the graph" }).fill("payments");
  const found = page.getByRole("list", { name: "Found" });
  await found.getByText("payments.rs").first().click();
  await page.waitForURL(/node=n_/);
  const panel = page.getByRole("complementary").filter({ hasText: "payments.rs" });
  await panel.getByText("payments.rs").first().waitFor();

  // The table shows what the canvas shows, to who cannot see or point.
  await page.goto(`${page.url()}&view=table`);
  await page.getByRole("table").first().getByText("payments.rs").first().waitFor();
  expect(faults).toEqual([]);
  await page.context().close();
});

test("a Cypher query answers as a table, and a wrong one says where", async () => {
  const { page } = await stage.signedIn();
  await page.goto("/app/graph/?view=cypher");
  const query = page.getByRole("textbox", { name: "Cypher query" });
  await query.fill("MATCH (a:Author) RETURN a.name AS name ORDER BY name");
  await query.press("Control+Enter");
  await page.getByText("Grace Hopper").first().waitFor();

  await query.fill("MATCH (a:Author RETURN a");
  await query.press("Control+Enter");
  await page
    .getByText(/cypher_syntax|line 1/i)
    .first()
    .waitFor();
  await page.context().close();
});
