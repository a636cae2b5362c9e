// The real binary with data of its own, to be started, killed and started again.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const BINARY = resolve(process.env.AGENTCY_BINARY ?? "../target/debug/agentcy");
const READY_MS = 60_000;

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (!address || typeof address === "string") throw new Error("no port");
  return address.port;
}

export class Server {
  #child: ChildProcess | null = null;
  #said = "";

  private constructor(
    readonly port: number,
    readonly folder: string,
    private readonly settings: Record<string, string>,
  ) {}

  /** A server that answers. Its data go when it is stopped for good. */
  static async start(
    settings: Record<string, string> = {},
    prepare: (folder: string) => void = () => undefined,
  ): Promise<Server> {
    const folder = mkdtempSync(join(tmpdir(), "agentcy-journey-"));
    const server = new Server(await freePort(), folder, settings);
    // PostgreSQL runs as another user where we are root, and must get there.
    chmodSync(folder, 0o711);
    mkdirSync(server.work);
    prepare(server.work);
    await server.run();
    return server;
  }

  get url() {
    return `http://localhost:${this.port}`;
  }

  /** The folder that it is started in, which its sources may read. */
  get work() {
    return join(this.folder, "work");
  }

  /** Starts it once more on the same data. */
  async run() {
    const child = spawn(BINARY, ["serve"], {
      cwd: this.work,
      stdio: ["ignore", "pipe", "pipe"],
      // Nothing of this machine's settings but where programs are.
      env: {
        NODE_ENV: "production",
        PATH: process.env.PATH,
        HOME: this.folder,
        ...(process.env.AGENTCY_PG_BIN && { AGENTCY_PG_BIN: process.env.AGENTCY_PG_BIN }),
        AGENTCY_DATA_DIR: join(this.folder, "data"),
        AGENTCY_BIND: `127.0.0.1:${this.port}`,
        ...this.settings,
      },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (text: Buffer) => (this.#said += text.toString()));
    }
    const until = Date.now() + READY_MS;
    while (!(await this.#answers())) {
      if (child.exitCode !== null || Date.now() > until) {
        throw new Error(`the server did not come up:\n${this.#said}`);
      }
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  async #answers() {
    try {
      return (await globalThis.fetch(`${this.url}/readyz`)).ok;
    } catch {
      return false;
    }
  }

  /** Ends it at once, as a crash does. */
  async kill() {
    await this.#end("SIGKILL");
  }

  /** Ends it, and removes its data. */
  async stop() {
    await this.#end("SIGTERM");
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals) {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  }
}
