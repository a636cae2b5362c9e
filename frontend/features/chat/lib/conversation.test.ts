import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, type ErrorBody } from "@/lib/api/client";
import { Conversation } from "./conversation";
import { isAnswering } from "./log";
import type { Outbox, Parcel } from "./outbox";
import { history, stream } from "./recorded";
import type { Transport } from "./transport";

const LOG = stream("answer");
const QUESTION = "who wrote README.md?";

function fault(status: number, code: string, retryAfter?: number) {
  const body = { code, message: "no", details: {}, request_id: "r" } as ErrorBody;
  return new ApiError(status, body, retryAfter);
}

function stage(isNew: boolean, over: Partial<Transport> & { outbox?: Outbox } = {}) {
  let keys = 0;
  let isSaid = false;
  const said: { content: string; key: string }[] = [];
  const transport: Transport = {
    history: () => Promise.resolve({ items: isSaid ? history("answer") : [], total: 0 }),
    say: (body, key) => {
      said.push({ content: body.content, key });
      isSaid = true;
      return over.say?.(body, key) ?? Promise.resolve();
    },
    hear: (after, _, tell) => {
      tell(null);
      const rest = isSaid ? LOG.filter(({ seq }) => seq > after) : [];
      rest.forEach(tell);
      return Promise.resolve(rest.length > 0 ? "ended" : "nothing");
    },
    ...(over.history && { history: over.history }),
    ...(over.hear && { hear: over.hear }),
  };
  const turns = vi.fn();
  const newKey = () => `key-${(keys += 1)}`;
  const conversation = new Conversation(transport, turns, isNew, newKey, over.outbox);
  const leave = conversation.subscribe(() => undefined);
  return { conversation, said, turns, leave };
}

describe("a conversation", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("shows what is said at once, and once, whoever tells of it first", async () => {
    const { conversation, turns } = stage(true);
    void conversation.say(QUESTION, "refuse");
    await vi.advanceTimersByTimeAsync(40);
    await vi.runAllTimersAsync();
    const { thread, sayings } = conversation.view();
    expect(sayings).toEqual([]);
    expect(thread.messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
    expect(isAnswering(thread)).toBe(false);
    expect(turns).toHaveBeenCalled();
  });

  /** An outbox with what an earlier life of the page left there, and what is written to it. */
  function boxOf(...left: Parcel[]) {
    const kept: Parcel[][] = [];
    const outbox: Outbox = { read: () => left, write: (parcels) => kept.push([...parcels]) };
    return { outbox, kept };
  }
  const parcel = (key: string, text: string, at = Date.now()): Parcel => {
    return { key, text, onBusy: "refuse", at };
  };

  it("sends what a reload cut off again, under its key, and shows it once", async () => {
    const { outbox, kept } = boxOf(parcel("before", QUESTION));
    const { conversation, said } = stage(false, { outbox });
    await vi.runAllTimersAsync();
    expect(said).toEqual([{ content: QUESTION, key: "before" }]);
    expect(conversation.view().sayings).toEqual([]);
    expect(conversation.view().thread.messages.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
    ]);
    expect(kept.at(-1)).toEqual([]);
  });

  it("keeps all that is left until each of it is sent", async () => {
    const left = [parcel("one", "first"), parcel("two", "second")];
    const { outbox, kept } = boxOf(...left);
    stage(false, { outbox, say: () => new Promise(() => undefined) });
    await vi.advanceTimersByTimeAsync(100);
    expect(kept.length).toBeGreaterThan(0);
    for (const parcels of kept) {
      expect(parcels.map(({ key }) => key).toSorted()).toEqual(["one", "two"]);
    }
  });

  it("leaves to a person what is too old for its key to be known", async () => {
    const { outbox } = boxOf(parcel("old", "restart it", Date.now() - 24 * 60 * 60 * 1000));
    const { conversation, said } = stage(false, { outbox });
    await vi.runAllTimersAsync();
    expect(said).toEqual([]);
    expect(conversation.view().sayings.map(({ state }) => state.kind)).toEqual(["failed"]);
  });

  it.each([fault(401, "unauthenticated"), fault(409, "run_active"), fault(429, "quota_exceeded")])(
    "keeps what was refused for after a reload, and sends it when a person says so ($code)",
    async (refusal) => {
      const { outbox, kept } = boxOf();
      const before = stage(true, { outbox, say: () => Promise.reject(refusal) });
      void before.conversation.say(QUESTION, "refuse");
      await vi.runAllTimersAsync();
      before.leave();
      expect(kept.at(-1)).toMatchObject([{ text: QUESTION, refused: true }]);
      const left = (kept.at(-1) ?? []).map((it) => ({ ...it, key: "before" }));

      const { outbox: again, kept: after } = boxOf(...left);
      const { conversation, said } = stage(false, { outbox: again });
      await vi.runAllTimersAsync();
      expect(said).toEqual([]);
      expect(conversation.view().sayings).toMatchObject([
        { text: QUESTION, state: { kind: "failed" } },
      ]);
      for (const parcels of after) expect(parcels).toEqual(left);

      void conversation.sayAgain("before");
      await vi.runAllTimersAsync();
      // It is another message now: the server may remember its refusal under the old key.
      expect(said).toEqual([{ content: QUESTION, key: "key-1" }]);
      expect(after.at(-1)).toEqual([]);
    },
  );

  it("forgets what was refused once it is taken back", async () => {
    const { outbox, kept } = boxOf({ ...parcel("before", QUESTION), refused: true });
    const { conversation } = stage(false, { outbox });
    await vi.runAllTimersAsync();
    expect(conversation.withdraw("before")).toBe(QUESTION);
    expect(kept.at(-1)).toEqual([]);
  });

  it("waits as long as it is told to when there is too much to do", async () => {
    let refusals = 1;
    const { conversation, said } = stage(true, {
      say: () =>
        refusals-- > 0 ? Promise.reject(fault(429, "rate_limited", 5)) : Promise.resolve(),
    });
    void conversation.say(QUESTION, "refuse");
    await vi.advanceTimersByTimeAsync(4_900);
    expect(said).toHaveLength(1);
    await vi.runAllTimersAsync();
    expect(said.map(({ key }) => key)).toEqual(["key-1", "key-1"]);
    expect(conversation.view().sayings).toEqual([]);
  });

  it("leaves to a person what would have to wait for long", async () => {
    const { conversation, said } = stage(true, {
      say: () => Promise.reject(fault(429, "rate_limited", 600)),
    });
    void conversation.say(QUESTION, "refuse");
    await vi.runAllTimersAsync();
    expect(said).toHaveLength(1);
    expect(conversation.view().sayings).toMatchObject([{ state: { kind: "failed" } }]);
  });

  it("keeps what is on its way in sight", async () => {
    const { conversation } = stage(true, {
      say: () => new Promise(() => undefined),
      hear: () => Promise.resolve("nothing"),
    });
    void conversation.say(QUESTION, "refuse");
    await vi.advanceTimersByTimeAsync(40);
    expect(conversation.view().sayings).toMatchObject([
      { text: QUESTION, state: { kind: "sending" } },
    ]);
  });

  it("says the same thing under the same key until somebody answers", async () => {
    let failures = 2;
    const { conversation, said } = stage(true, {
      say: () =>
        failures-- > 0 ? Promise.reject(fault(0, "upstream_unavailable")) : Promise.resolve(),
    });
    void conversation.say(QUESTION, "refuse");
    await vi.runAllTimersAsync();
    expect(said.map(({ key }) => key)).toEqual(["key-1", "key-1", "key-1"]);
    expect(conversation.view().sayings).toEqual([]);
  });

  it("asks what to do when an answer is being given, and says it another way under another key", async () => {
    let isBusy = true;
    const { conversation, said } = stage(true, {
      say: () => (isBusy ? Promise.reject(fault(409, "run_active")) : Promise.resolve()),
      hear: () => Promise.resolve("nothing"),
    });
    void conversation.say(QUESTION, "refuse");
    await vi.runAllTimersAsync();
    expect(conversation.view().sayings).toMatchObject([{ state: { kind: "failed" } }]);
    isBusy = false;
    void conversation.sayAgain("key-1", "queue");
    await vi.runAllTimersAsync();
    expect(said.map(({ key }) => key)).toEqual(["key-1", "key-2"]);
    expect(conversation.view().sayings).toMatchObject([
      { onBusy: "queue", state: { kind: "taken" } },
    ]);
  });

  it("gives a text back that was not taken", async () => {
    const { conversation } = stage(true, { say: () => Promise.reject(fault(400, "invalid")) });
    void conversation.say(QUESTION, "refuse");
    await vi.runAllTimersAsync();
    expect(conversation.withdraw("key-1")).toBe(QUESTION);
    await vi.runAllTimersAsync();
    expect(conversation.view().sayings).toEqual([]);
  });

  it("says that its history cannot be read, and reads it when asked again", async () => {
    let isDown = true;
    const { conversation } = stage(false, {
      history: () =>
        isDown
          ? Promise.reject(fault(503, "store_unavailable"))
          : Promise.resolve({ items: history("answer"), total: 2 }),
    });
    await vi.runAllTimersAsync();
    expect(conversation.view().phase.kind).toBe("failed");
    isDown = false;
    void conversation.open();
    await vi.runAllTimersAsync();
    expect(conversation.view().phase.kind).toBe("ready");
    expect(conversation.view().thread.messages).toHaveLength(2);
  });

  it("listens again when something happened that it does not know", async () => {
    const hear = vi.fn<Transport["hear"]>(() => Promise.resolve("nothing"));
    const { conversation } = stage(true, { hear });
    await vi.runAllTimersAsync();
    expect(hear).toHaveBeenCalledTimes(1);
    conversation.happened(0);
    await vi.runAllTimersAsync();
    expect(hear).toHaveBeenCalledTimes(1);
    conversation.happened(7);
    await vi.runAllTimersAsync();
    expect(hear).toHaveBeenCalledTimes(2);
  });
});
