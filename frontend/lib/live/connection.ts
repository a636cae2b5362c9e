// One socket for the whole app: what is followed, from which number on, and coming back after a cut.

interface LiveEvent {
  topic: string;
  seq: number;
  event: string;
  ts: string;
  data: unknown;
}

/** What a follower hears: something happened, or so much that the state must be read anew. */
export interface Follower {
  onEvent: (event: LiveEvent) => void;
  onReset: () => void;
  /** From now on everything is heard; what came before this number was not, and what was read meanwhile may lack it. */
  onFollowed?: (seq: number) => void;
}

type Frame =
  | { type: "subscribed"; id: number; topics: string[]; seq: Record<string, number> }
  | ({ type: "event" } & LiveEvent)
  | { type: "reset"; topic: string; seq: number }
  | { type: "error"; id: number | null; topic: string | null; code: string; message: string }
  | { type: "unsubscribed" | "pong"; id: number };

/** As much of a WebSocket as is used. */
export interface Socket {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((message: { data: string }) => void) | null;
  onclose: ((close: { code: number }) => void) | null;
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 20_000;
/** The credential is no good, or no good any more. */
const REFUSED = new Set([4001, 4003]);

/** Whether what is shown is kept up to date: nothing is followed, it is, not at the moment, or not until it is woken. */
export type LinkState = "idle" | "live" | "lost" | "refused";

export class Connection {
  #followers = new Map<string, Set<Follower>>();
  #seen = new Map<string, number>();
  #socket: Socket | null = null;
  #open = false;
  #nextId = 1;
  #pause = FIRST_PAUSE;
  /** Whether it was refused, and has heard nothing since. */
  #isRefused = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #state: LinkState = "idle";
  #watchers = new Set<() => void>();

  constructor(
    private readonly connect: () => Socket,
    private readonly onRefused: () => void,
    private readonly random: () => number = Math.random,
  ) {}

  /** Follows a topic until the given function is called. */
  follow(topic: string, follower: Follower): () => void {
    const followers = this.#followers.get(topic) ?? new Set();
    followers.add(follower);
    this.#followers.set(topic, followers);
    if (followers.size === 1) this.#subscribe([topic]);
    return () => {
      followers.delete(follower);
      if (followers.size > 0 || this.#followers.get(topic) !== followers) return;
      this.#followers.delete(topic);
      this.#seen.delete(topic);
      this.#send({ type: "unsubscribe", id: this.#nextId++, topics: [topic] });
      if (this.#followers.size === 0) this.#hangUp();
    };
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Tells of each change of the state until the given function is called. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Tries at once, as after signing in again. */
  wake() {
    if (this.#socket || this.#followers.size === 0) return;
    this.#pause = FIRST_PAUSE;
    this.#isRefused = false;
    this.#dial();
  }

  #become(state: LinkState) {
    if (this.#state === state) return;
    this.#state = state;
    this.#watchers.forEach((tell) => tell());
  }

  #subscribe(topics: string[]) {
    if (!this.#socket) {
      this.#dial();
      return;
    }
    const after: Record<string, number> = {};
    for (const topic of topics) {
      const seq = this.#seen.get(topic);
      if (seq !== undefined) after[topic] = seq;
    }
    this.#send({ type: "subscribe", id: this.#nextId++, topics, after });
  }

  #dial() {
    clearTimeout(this.#timer);
    if (this.#state === "refused") this.#become("lost");
    const socket = this.connect();
    this.#socket = socket;
    socket.onopen = () => {
      this.#open = true;
      this.#subscribe([...this.#followers.keys()]);
    };
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(data) as Frame);
    socket.onclose = ({ code }) => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#open = false;
      // A socket ends with the token it was opened with, and the session may have a newer one by now: one more try.
      const isHopeless = REFUSED.has(code) && this.#isRefused;
      if (REFUSED.has(code)) this.#isRefused = true;
      this.#become(isHopeless ? "refused" : "lost");
      if (isHopeless) this.onRefused();
      else this.#comeBack();
    };
  }

  #comeBack() {
    if (this.#followers.size === 0) return;
    // Not all browsers at once after a server has stopped.
    this.#timer = setTimeout(() => this.#dial(), this.#pause * (0.5 + this.random()));
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }

  #hangUp() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    this.#open = false;
    this.#isRefused = false;
    this.#become("idle");
    socket?.close();
  }

  #hear(frame: Frame) {
    switch (frame.type) {
      case "subscribed":
        this.#pause = FIRST_PAUSE;
        this.#isRefused = false;
        this.#become("live");
        for (const [topic, seq] of Object.entries(frame.seq)) {
          if (this.#seen.has(topic)) continue;
          this.#seen.set(topic, seq);
          this.#followers.get(topic)?.forEach((follower) => follower.onFollowed?.(seq));
        }
        return;
      case "event":
        if (frame.seq <= (this.#seen.get(frame.topic) ?? 0)) return;
        this.#seen.set(frame.topic, frame.seq);
        this.#followers.get(frame.topic)?.forEach((follower) => follower.onEvent(frame));
        return;
      case "reset":
        this.#seen.set(frame.topic, frame.seq);
        this.#followers.get(frame.topic)?.forEach((follower) => follower.onReset());
    }
  }

  #send(frame: object) {
    // What is followed is said when the socket opens.
    if (this.#open) this.#socket?.send(JSON.stringify(frame));
  }
}
