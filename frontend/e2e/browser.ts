// Chromium as it is installed, and what it complains about.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from "playwright-core";
import type { Server } from "./server";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
// The graph is drawn by WebGL, which a machine without a graphics card does in software.
const ARGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];

function executable(): string {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = NAMES.flatMap((name) => folders.map((dir) => join(dir, name))).find(existsSync);
  if (!found) throw new Error(`none of ${NAMES.join(", ")} is on PATH`);
  return found;
}

type Cookies = Awaited<ReturnType<BrowserContext["cookies"]>>;

const sessions = new WeakMap<Server, Cookies>();

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: executable(), args: ARGS });
}

/** A page of a new visitor, and everything that went wrong on it. */
export async function visit(
  browser: Browser,
  server: Server,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; faults: string[] }> {
  const context = await browser.newContext({
    baseURL: server.url,
    viewport: { width: 1280, height: 832 },
    ...options,
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  return { page, faults };
}

/** Signs in as on a fresh machine, through the door that the sign-in page uses; once a server, since doors count. */
export async function signIn(page: Page, server: Server) {
  const known = sessions.get(server);
  if (known) {
    await page.context().addCookies(known);
    return;
  }
  const answer = await page.request.post("/api/v1/auth/login", {
    headers: { origin: server.url },
    data: { email: "admin@localhost", password: "admin", session: "cookie" },
  });
  if (!answer.ok()) throw new Error(`sign-in failed: ${answer.status()} ${await answer.text()}`);
  sessions.set(server, await page.context().cookies());
}
