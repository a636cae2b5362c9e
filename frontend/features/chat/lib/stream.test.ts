import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "@/lib/api/client";
import { EMPTY, fold, type Entry, type Thread } from "./log";
import { lastAnswer, seen, stream } from "./recorded";
import { Line, type LineState } from "./stream";
import type { Transport } from "./transport";

type Hear = Transport["hear"];

const LOG = stream("answer");

/** A server that has the whole log, and does with each connection what the script says. */
function stage(script: ((...of: Parameters<Hear>) => ReturnType<Hear>)[]) {
  let thread: Thread = EMPTY;
  const asked: number[] = [];
  const states: LineState["kind"][] = [];
  const heard: Entry[] = [];
  const line = new Line(
    (after, signal, tell) => {
      asked.push(after);
      const act = script[asked.length - 1] ?? nothing;
      return act(after, signal, tell);
    },
    {
      last: () => thread.seq,
      onEntry: (entry) => {
        heard.push(entry);
        thread = fold(thread, entry);
      },
      onState: ({ kind }) => states.push(kind),
    },
    () => 1,
  );
  return { line, asked, states, heard, thread: () => thread };
}

const nothing: Hear = () => Promise.resolve("nothing");
const refused =
  (status: number): Hear =>
  () =>
    Promise.reject(
      new ApiError(status, { code: "internal", message: "no", details: {}, request_id: "r" }),
    );

/** Tells what comes after the number, up to another one, and ends as it is told to. */
function tells(until: number, end: "ended" | "cut"): Hear {
  return (after, _, tell) => {
    tell(null);
    for (const entry of LOG) if (entry.seq > after && entry.seq <= until) tell(entry);
    return end === "ended" ? Promise.resolve("ended") : Promise.reject(new Error("cut"));
  };
}

describe("the line to a conversation", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("goes on after the last number that was heard, and stops when there is nothing more", async () => {
    const { line, asked, states, thread } = stage([
      tells(9, "cut"),
      tells(20, "cut"),
      tells(99, "ended"),
    ]);
    line.wake();
    await vi.runAllTimersAsync();
    expect(asked).toEqual([0, 9, 20, LOG.at(-1)?.seq]);
    expect(states.at(-1)).toBe("quiet");
    expect(seen(thread())).toEqual(seen(LOG.reduce(fold, EMPTY)));
    expect(lastAnswer(thread()).ending.kind).toBe("ended");
  });

  it("waits longer each time that nobody answers, and comes back at once when it is told to", async () => {
    const { line, asked, states } = stage([
      refused(502),
      refused(502),
      refused(503),
      tells(99, "ended"),
    ]);
    line.wake();
    await vi.advanceTimersByTimeAsync(299);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(599);
    expect(asked).toHaveLength(2);
    expect(states.at(-1)).toBe("cut");
    line.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toHaveLength(3);
  });

  it("asks once more when it is woken while it hears that there is nothing", async () => {
    const { line, asked } = stage([
      () => {
        line.wake();
        return Promise.resolve("nothing");
      },
    ]);
    line.wake();
    await vi.runAllTimersAsync();
    expect(asked).toEqual([0, 0]);
  });

  it("takes a long silence for a cut", async () => {
    const silent: Hear = (_, signal) =>
      new Promise((resolve) => signal.addEventListener("abort", () => resolve("ended")));
    const { line, asked, states } = stage([silent, tells(99, "ended")]);
    line.wake();
    await vi.advanceTimersByTimeAsync(39_000);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(states).toContain("cut");
    await vi.runAllTimersAsync();
    expect(asked.slice(0, 2)).toEqual([0, 0]);
    expect(states.at(-1)).toBe("quiet");
  });

  it("lives as long as the server says that nothing is lost", async () => {
    const alive: Hear = (_, signal, tell) =>
      new Promise((resolve) => {
        const beat = setInterval(() => tell(null), 15_000);
        signal.addEventListener("abort", () => {
          clearInterval(beat);
          resolve("ended");
        });
      });
    const { line, asked } = stage([alive]);
    line.wake();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(asked).toHaveLength(1);
    line.hangUp();
  });

  it("gives up when the server refuses for good", async () => {
    const { line, asked, states } = stage([refused(404)]);
    line.wake();
    await vi.runAllTimersAsync();
    expect(asked).toHaveLength(1);
    expect(states.at(-1)).toBe("refused");
  });

  it("hears nothing after it was hung up", async () => {
    let late: ((entry: Entry | null) => void) | undefined;
    const { line, heard, asked } = stage([
      (_, signal, tell) => {
        late = tell;
        return new Promise((resolve) => signal.addEventListener("abort", () => resolve("ended")));
      },
    ]);
    line.wake();
    line.hangUp();
    for (const entry of LOG) late?.(entry);
    await vi.runAllTimersAsync();
    expect(heard).toEqual([]);
    expect(asked).toHaveLength(1);
  });
});
