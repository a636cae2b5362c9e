import { describe, expect, it } from "vitest";
import { recall, settled, withEarlier } from "./history";
import { EMPTY, fold, isAnswering, waitingFor, type Entry, type Thread } from "./log";
import { history, lastAnswer, seen, stream } from "./recorded";

const NAMES = ["answer", "denied", "reset"];

function told(entries: readonly Entry[], from: Thread = EMPTY): Thread {
  return entries.reduce(fold, from);
}

describe.each(NAMES)("the recorded conversation %s", (name) => {
  const entries = stream(name);
  const whole = told(entries);

  it("is told by the log as the history has it", () => {
    expect(seen(whole)).toEqual(seen(recall(history(name))));
  });

  it("loses and doubles no word, wherever it is cut and however much is told again", () => {
    for (let cut = 0; cut <= entries.length; cut += 1) {
      const again = Math.max(0, cut - 5);
      const resumed = told(entries.slice(again), told(entries.slice(0, cut)));
      expect(seen(resumed)).toEqual(seen(whole));
    }
  });

  it("stays as it is when the log is told over the history, from wherever", () => {
    const known = recall(history(name));
    expect(
      told(
        entries.filter(({ seq }) => seq > known.seq),
        known,
      ).messages,
    ).toEqual(known.messages);
    expect(seen(told(entries, { ...known, seq: 0 }))).toEqual(seen(whole));
  });

  it("keeps its words when the history is read after its end", () => {
    const again = settled(whole, history(name));
    expect(seen(again)).toEqual(seen(whole));
    expect(lastAnswer(again).model).not.toBeNull();
  });
});

describe("an answer that waits", () => {
  const waiting = recall(history("waiting"));

  it("is known by its history to wait for a person", () => {
    expect(isAnswering(waiting)).toBe(true);
    expect(waitingFor(waiting)).toMatchObject({ state: "pending", effect: "write" });
  });

  it("goes on from its beginning with what the log tells", () => {
    const rest = stream("denied").filter(({ seq }) => seq > waiting.seq);
    expect(rest[0]?.event).toBe("message_start");
    expect(seen(told(rest, waiting))).toEqual(seen(told(stream("denied"))));
  });

  it("shows the note of who said no", () => {
    const { parts } = lastAnswer(told(stream("denied")));
    expect(parts).toMatchObject([
      { kind: "call", approval: { state: "denied", note: "ask the team first" } },
      { kind: "text" },
    ]);
  });
});

describe("an answer whose process died", () => {
  it("takes back what was not kept, and is told anew", () => {
    const entries = stream("reset");
    const at = entries.findIndex(({ event }) => event === "message_reset");
    expect(lastAnswer(told(entries.slice(0, at))).parts).not.toEqual([]);
    expect(lastAnswer(told(entries.slice(0, at + 1))).parts).toEqual([]);
    const { text } = seen(told(entries)).at(-1) as { text: string };
    expect(text.match(/A tour of/g)).toHaveLength(1);
    expect(text.endsWith("The end.")).toBe(true);
  });
});

describe("older messages", () => {
  it("stand before what is known, once", () => {
    const { items: newest, rest } = {
      items: history("answer").slice(0, 1),
      rest: history("answer"),
    };
    const thread = withEarlier(recall(newest), rest);
    expect(seen(thread)).toEqual(seen(recall(rest)));
  });
});
