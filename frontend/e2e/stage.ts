// A server and a browser for the journeys of one file.
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { launch, signIn, visit } from "./browser";
import { Server } from "./server";

class Stage {
  #server: Server | null = null;
  #browser: Browser | null = null;

  get server() {
    if (!this.#server) throw new Error("the stage is not set yet");
    return this.#server;
  }

  /** A page of a new visitor, and everything that went wrong on it. */
  async visit(options: BrowserContextOptions = {}) {
    if (!this.#browser) throw new Error("the stage is not set yet");
    return visit(this.#browser, this.server, options);
  }

  /** The same for somebody who has signed in. */
  async signedIn(options: BrowserContextOptions = {}) {
    const visitor = await this.visit(options);
    await signIn(visitor.page, this.server);
    return visitor;
  }

  async set(...how: Parameters<typeof Server.start>) {
    [this.#server, this.#browser] = await Promise.all([Server.start(...how), launch()]);
  }

  async clear() {
    await this.#browser?.close();
    await this.#server?.stop();
  }
}

/** A stage that is there for every test of the file, set with these settings and this preparation. */
export function setStage(...how: Parameters<typeof Server.start>): Stage {
  const stage = new Stage();
  beforeAll(() => stage.set(...how));
  afterAll(() => stage.clear());
  return stage;
}
