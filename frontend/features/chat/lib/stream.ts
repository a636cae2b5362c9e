// The one reader of streams: the events of a conversation after a number, going on after every cut until nothing is active.
import { ApiError } from "@/lib/api/client";
import type { Entry } from "./log";
import type { Transport } from "./transport";

/** How the line stands: nothing to hear, being opened, heard, cut and tried again, or refused. */
export type LineState =
  | { kind: "quiet" }
  | { kind: "opening" }
  | { kind: "live" }
  | { kind: "cut" }
  | { kind: "refused"; error: ApiError };

interface Hearer {
  /** The number of the last event that was heard. */
  last: () => number;
  onEntry: (entry: Entry) => void;
  onState: (state: LineState) => void;
}

const FIRST_PAUSE = 300;
const LONGEST_PAUSE = 10_000;
/** The server says every 15 s that nothing is lost. */
const SILENCE = 40_000;

/** Listens to one conversation. A cut loses nothing: each try goes on after the last number that was heard. */
export class Line {
  #running: AbortController | null = null;
  #again = false;
  #hurry: (() => void) | null = null;

  constructor(
    private readonly hear: Transport["hear"],
    private readonly hearer: Hearer,
    private readonly random: () => number = Math.random,
  ) {}

  /** There may be something to hear. */
  wake() {
    this.#again = true;
    this.#hurry?.();
    if (this.#running) return;
    const running = new AbortController();
    this.#running = running;
    void this.#listen(running.signal).finally(() => {
      if (this.#running === running) this.#running = null;
    });
  }

  hangUp() {
    this.#running?.abort();
    this.#running = null;
    this.#hurry?.();
  }

  async #listen(signal: AbortSignal) {
    let failures = 0;
    this.hearer.onState({ kind: "opening" });
    while (!signal.aborted) {
      const before = this.hearer.last();
      this.#again = false;
      let isOver = false;
      try {
        isOver = (await this.#hear(signal)) === "nothing";
        if (!isOver && this.hearer.last() === before) failures += 1;
      } catch (error) {
        if (signal.aborted) return;
        if (isFinal(error)) return this.hearer.onState({ kind: "refused", error });
        this.hearer.onState({ kind: "cut" });
        failures += 1;
      }
      if (signal.aborted) return;
      if (this.hearer.last() > before) failures = Math.min(failures, 1);
      if (isOver && !this.#again) {
        this.#running = null;
        return this.hearer.onState({ kind: "quiet" });
      }
      if (failures > 0) await this.#pause(failures);
    }
  }

  async #hear(signal: AbortSignal): Promise<"nothing" | "ended"> {
    const guard = new AbortController();
    const cut = () => guard.abort();
    signal.addEventListener("abort", cut);
    let silence = setTimeout(cut, SILENCE);
    try {
      const end = await this.hear(this.hearer.last(), guard.signal, (entry) => {
        clearTimeout(silence);
        silence = setTimeout(cut, SILENCE);
        if (signal.aborted) return;
        if (entry) this.hearer.onEntry(entry);
        else this.hearer.onState({ kind: "live" });
      });
      if (guard.signal.aborted) throw new Error("nothing was heard for too long");
      return end;
    } finally {
      clearTimeout(silence);
      signal.removeEventListener("abort", cut);
    }
  }

  async #pause(failures: number) {
    const longest = Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, longest * (0.5 + this.random() / 2));
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#hurry = null;
  }
}

/** Another try would be answered alike. */
function isFinal(error: unknown): error is ApiError {
  return (
    error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429
  );
}
