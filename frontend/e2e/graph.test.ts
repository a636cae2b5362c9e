import type { Page } from "playwright-core";
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

/** Opens the graph around one node, with that node in the middle of the picture. */
async function picture(page: Page) {
  await page.goto("/app/graph/");
  await page.getByRole("searchbox", { name: "Search the graph" }).fill("payments");
  const found = page.getByRole("list", { name: "Found" });
  await found.getByText("payments.rs").first().click();
  await page.waitForURL(/node=n_/);
  await page.getByRole("button", { name: "Go to the selected node" }).click();
  await page.locator('[role="application"][aria-busy="false"]').waitFor();
  // The camera takes a quarter of a second to get there.
  await page.waitForTimeout(500);
}

/** Where the middle of the picture is, and a place in it where nothing is; it is wider while no node is chosen. */
async function places(page: Page) {
  const box = await page.getByRole("application").boundingBox();
  if (!box) throw new Error("no picture");
  return {
    middle: { x: box.x + box.width / 2, y: box.y + box.height / 2 },
    corner: { x: box.x + 20, y: box.y + 20 },
  };
}

/** So that the next click is not half of a double click. */
const apart = (page: Page) => page.waitForTimeout(500);

test("a node is dragged to where it stays, and let go", async () => {
  const { page, faults } = await stage.signedIn();
  await picture(page);
  const { middle, corner } = await places(page);
  await page.mouse.move(middle.x, middle.y);
  await page.mouse.down();
  await page.mouse.move(middle.x + 60, middle.y + 40, { steps: 5 });
  await page.mouse.up();
  await page.getByRole("button", { name: "Let it move (P)" }).waitFor();

  await apart(page);
  await page.mouse.click(corner.x, corner.y);
  await page.waitForURL((url) => !url.searchParams.has("node"));
  expect(faults).toEqual([]);
  await page.context().close();
});

test("a finger chooses a node, and moves it", async () => {
  const { page, faults } = await stage.signedIn({ hasTouch: true });
  await picture(page);
  const { corner } = await places(page);
  await page.touchscreen.tap(corner.x, corner.y);
  await page.waitForURL((url) => !url.searchParams.has("node"));
  await apart(page);
  const { middle: wider } = await places(page);
  await page.touchscreen.tap(wider.x, wider.y);
  await page.waitForURL(/node=n_/);
  await apart(page);

  const { middle } = await places(page);
  const finger = await page.context().newCDPSession(page);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", by: number | null) =>
    finger.send("Input.dispatchTouchEvent", {
      type,
      touchPoints: by === null ? [] : [{ x: middle.x + by, y: middle.y + by }],
    });
  await touch("touchStart", 0);
  for (const by of [10, 20, 30, 40]) await touch("touchMove", by);
  await touch("touchEnd", null);
  await page.getByRole("button", { name: "Let it move (P)" }).waitFor();
  expect(faults).toEqual([]);
  await page.context().close();
});
