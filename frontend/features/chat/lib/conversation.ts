// One conversation as it is shown: its history, its line to the server, and what was said and is not in the log yet.
import { ApiError, type OnBusy } from "@/lib/api/client";
import { recall, settled, withEarlier } from "./history";
import { EMPTY, fold, isAnswering, type Entry, type Thread } from "./log";
import { NO_OUTBOX, type Outbox, type Parcel } from "./outbox";
import { Line, type LineState } from "./stream";
import type { Transport } from "./transport";

/** Something said that the log does not tell yet. */
export interface Saying extends Parcel {
  state: { kind: "sending" } | { kind: "taken" } | { kind: "failed"; error: unknown };
}

export interface View {
  phase: { kind: "loading" } | { kind: "failed"; error: unknown } | { kind: "ready" };
  thread: Thread;
  sayings: readonly Saying[];
  line: LineState;
  /** Where older messages go on. */
  earlier: string | null;
}

/** How often a message that nobody answered for is sent again, under the same key. */
const TRIES = 4;
const PAUSE = 600;
/** How many seconds are waited where the server asks for it; what takes longer is left to whoever said it. */
const PATIENCE = 30;
/** How long a key is surely known to the server, which keeps it for 24 hours. */
const KNOWN = 23 * 60 * 60 * 1000;
/** Sent again by whoever sees this, and not by itself: it might be said twice. */
const TOO_OLD = new Error("It is not known whether this arrived, and too long ago to find out.");
/** Said of what an earlier life of this page was refused. */
const REFUSED = new Error("It was not taken before this page was loaded again.");
/** Words are shown in batches, not one by one. */
const FRAME = 32;

export const BLANK: View = {
  phase: { kind: "loading" },
  thread: EMPTY,
  sayings: [],
  line: { kind: "quiet" },
  earlier: null,
};

export class Conversation {
  #view: View;
  #shown: View;
  #listeners = new Set<() => void>();
  #due: ReturnType<typeof setTimeout> | undefined;
  #line: Line;
  #loading: Promise<void> | null = null;
  /** What an earlier life of this page sent, and did not hear of. */
  #left: readonly Saying[];

  constructor(
    private readonly transport: Transport,
    /** Hears that an answer began or ended. */
    private readonly onTurn: () => void,
    /** It has just been begun, and has no history. */
    isNew = false,
    private readonly newKey: () => string = () => crypto.randomUUID(),
    private readonly outbox: Outbox = NO_OUTBOX,
  ) {
    const kept = outbox.read();
    this.#left = kept
      .filter((it) => !it.refused)
      .map((it) => ({ ...it, state: { kind: "sending" } }));
    const sayings = kept
      .filter((it) => it.refused)
      .map((it): Saying => ({ ...it, state: { kind: "failed", error: REFUSED } }));
    this.#view = { ...BLANK, sayings, ...(isNew && { phase: { kind: "ready" } }) };
    this.#shown = this.#view;
    this.#line = new Line(transport.hear, {
      last: () => this.#view.thread.seq,
      onEntry: (entry) => this.#hear(entry),
      onState: (line) => {
        this.#show({ line });
        // The log ended without an end of the answer: the history knows it.
        if (line.kind === "quiet" && isAnswering(this.#view.thread)) void this.#settle();
      },
    });
  }

  view = () => this.#shown;

  /** Follows for as long as somebody looks. */
  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) void this.open();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#line.hangUp();
    };
  };

  /** Reads the history where that was not done, and listens. */
  async open() {
    if (this.#view.phase.kind !== "ready") {
      this.#loading ??= this.#load().finally(() => (this.#loading = null));
      await this.#loading;
    }
    if (this.#view.phase.kind === "ready" && this.#listeners.size > 0) this.#line.wake();
  }

  /** Something happened; the number tells whether it is known. */
  happened(seq: number) {
    if (seq > this.#view.thread.seq) void this.open();
  }

  async say(text: string, onBusy: OnBusy) {
    const parcel: Parcel = { key: this.newKey(), text, onBusy, at: Date.now() };
    const saying: Saying = { ...parcel, state: { kind: "sending" } };
    this.#show({ sayings: [...this.#view.sayings, saying] });
    await this.#send(saying);
  }

  /** Sends again what failed, as it was or another way. */
  async sayAgain(key: string, onBusy?: OnBusy) {
    const saying = this.#view.sayings.find((it) => it.key === key);
    if (!saying) return;
    const again: Saying = {
      ...saying,
      // What was refused is another message when it is sent again; what got lost must stay the same one.
      key: isRefusal(saying) ? this.newKey() : key,
      onBusy: onBusy ?? saying.onBusy,
      at: Date.now(),
      state: { kind: "sending" },
    };
    this.#show({ sayings: this.#view.sayings.map((it) => (it.key === key ? again : it)) });
    await this.#send(again);
  }

  /** Takes back what was not taken; its text is given back. */
  withdraw(key: string): string {
    const text = this.#view.sayings.find((it) => it.key === key)?.text ?? "";
    this.#show({ sayings: this.#view.sayings.filter((it) => it.key !== key) });
    return text;
  }

  async loadEarlier() {
    const cursor = this.#view.earlier;
    if (!cursor) return;
    const page = await this.transport.history(cursor);
    const thread = withEarlier(this.#view.thread, page.items);
    this.#show({ thread, earlier: page.next_cursor ?? null });
  }

  async #load() {
    this.#show({ phase: { kind: "loading" } });
    try {
      const page = await this.transport.history();
      const thread = recall(page.items);
      const earlier = page.next_cursor ?? null;
      this.#show({ phase: { kind: "ready" }, thread, earlier, sayings: this.#untold(thread) });
      void this.#sendWhatIsLeft();
    } catch (error) {
      this.#show({ phase: { kind: "failed", error } });
    }
  }

  #hear(entry: Entry) {
    const before = this.#view.thread;
    const thread = fold(before, entry);
    if (thread === before) return;
    const sayings =
      entry.event === "user_message"
        ? without(this.#view.sayings, entry.data.content)
        : this.#view.sayings;
    this.#show({ thread, sayings });
    if (isAnswering(before) === isAnswering(thread)) return;
    this.onTurn();
    if (!isAnswering(thread)) void this.#settle();
  }

  /** Reads what the log does not tell: times, models, what came of effects. Nothing depends on it. */
  async #settle() {
    const page = await this.transport.history().catch(() => null);
    if (!page) return;
    const thread = settled(this.#view.thread, page.items);
    this.#show({ thread, sayings: this.#untold({ ...thread, messages: [] }) });
  }

  /** What was taken and is neither in the log nor in the queue. */
  #untold(thread: Thread): readonly Saying[] {
    const known = told(thread);
    return this.#view.sayings.filter(
      ({ state, text }) => state.kind !== "taken" || !known.includes(text),
    );
  }

  async #send({ key, text, onBusy }: Saying) {
    for (let tries = 1; ; tries += 1) {
      try {
        await this.transport.say({ content: text, on_busy: onBusy }, key);
        this.#mark(key, { kind: "taken" });
        return await this.open();
      } catch (error) {
        if (!mayPass(error) || tries === TRIES) return this.#mark(key, { kind: "failed", error });
        const pause = waitOf(error) ?? PAUSE * tries;
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  /** Under their keys, so that what arrived is not said twice. Each stays in the outbox until it is sent. */
  async #sendWhatIsLeft() {
    for (let saying = this.#left[0]; saying; saying = this.#left[0]) {
      const isOld = Date.now() - saying.at > KNOWN;
      if (!told(this.#view.thread).includes(saying.text)) {
        const shown = isOld
          ? { ...saying, state: { kind: "failed" as const, error: TOO_OLD } }
          : saying;
        this.#show({ sayings: [...this.#view.sayings, shown] });
      }
      if (!isOld) await this.#send(saying);
      this.#left = this.#left.slice(1);
    }
    this.#show({ sayings: this.#untold(this.#view.thread) });
  }

  #mark(key: string, state: Saying["state"]) {
    this.#show({
      sayings: this.#view.sayings.map((it) => (it.key === key ? { ...it, state } : it)),
    });
  }

  #show(change: Partial<View>) {
    this.#view = { ...this.#view, ...change };
    if (change.sayings) {
      const open = change.sayings.filter((it) => it.state.kind !== "taken");
      const left = this.#left.filter(({ key }) => !change.sayings?.some((it) => it.key === key));
      this.outbox.write([...left, ...open].map(parcelOf));
    }
    this.#due ??= setTimeout(() => {
      this.#due = undefined;
      this.#shown = this.#view;
      this.#listeners.forEach((tell) => tell());
    }, FRAME);
  }
}

/** What people said in a thread. */
function told({ messages, queued }: Thread): readonly string[] {
  return [...messages, ...queued].flatMap((it) => (it.role === "user" ? [it.text] : []));
}

/** The first that says this is in the log now. */
function without(sayings: readonly Saying[], text: string): readonly Saying[] {
  const place = sayings.findIndex((it) => it.text === text);
  return place < 0 ? sayings : sayings.toSpliced(place, 1);
}

function parcelOf(saying: Saying): Parcel {
  const { key, text, onBusy, at } = saying;
  return { key, text, onBusy, at, ...(isRefusal(saying) && { refused: true }) };
}

function isRefusal({ state }: Saying): boolean {
  if (state.kind !== "failed") return false;
  return state.error === REFUSED || (state.error instanceof ApiError && !mayPass(state.error));
}

/** Nobody answered, or not yet: the same again may be taken. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  if (error.status === 0 || error.status >= 500) return true;
  return error.code === "idempotency_in_progress" || waitOf(error) !== null;
}

/** In how many milliseconds there is room again, where that is soon. */
function waitOf(error: unknown): number | null {
  if (!(error instanceof ApiError) || error.code !== "rate_limited") return null;
  const { retryAfter = Infinity } = error;
  return retryAfter <= PATIENCE ? retryAfter * 1000 : null;
}
