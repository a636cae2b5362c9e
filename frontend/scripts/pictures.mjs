// Pictures of every page, light and dark, on a desk and on a phone, of a server that runs: `npm run pictures -- http://localhost:8080`.
// They lie in screenshots/, to be looked at.
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

const base = process.argv[2] ?? "http://localhost:8080";
const only = process.argv.slice(3);
const PLACES = {
  login: "/login/",
  overview: "/",
  chat: "/chat/",
  graph: "/graph/",
  sources: "/sources/",
  agents: "/agents/",
  tasks: "/tasks/",
  approvals: "/approvals/",
  workers: "/workers/",
  keys: "/keys/",
  users: "/users/",
  settings: "/settings/",
  account: "/account/",
};
const SIZES = { desk: { width: 1280, height: 832 }, phone: { width: 390, height: 844 } };

mkdirSync("screenshots", { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
});
// Once for all: how often one may try to sign in is bounded.
const door = await browser.newContext({ baseURL: base });
const answer = await door.request.post("/api/v1/auth/login", {
  headers: { origin: base },
  data: { email: "admin@localhost", password: "admin", session: "cookie" },
});
if (!answer.ok()) throw new Error(`sign-in failed: ${answer.status()}`);
const cookies = await door.cookies();

for (const colorScheme of ["light", "dark"]) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    const context = await browser.newContext({ baseURL: base, colorScheme, viewport });
    const page = await context.newPage();
    for (const [name, place] of Object.entries(PLACES)) {
      if (only.length > 0 && !only.includes(name)) continue;
      if (name !== "login") await context.addCookies(cookies);
      await page.goto(`/app${place}`);
      await page.waitForLoadState("networkidle").catch(() => undefined);
      await page.waitForTimeout(700);
      await page.screenshot({ path: `screenshots/${name}-${colorScheme}-${size}.png` });
    }
    await context.close();
  }
}
await browser.close();
