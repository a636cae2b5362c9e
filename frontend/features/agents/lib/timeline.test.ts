import { describe, expect, it } from "vitest";
import type { Message, ToolCall } from "@/lib/api/client";
import { extent, tick, timeline, toolOf } from "./timeline";

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000).toISOString();
const ms = (seconds: number) => Date.parse(at(seconds));

function call(id: string, step: number, created: number, times: Partial<ToolCall> = {}): ToolCall {
  return {
    id,
    step,
    name: "search_graph",
    args: {},
    conversation_id: "conv_1",
    message_id: "msg_2",
    run_id: "run_1",
    state: "done",
    created_at: at(created),
    ...times,
  };
}

function answer(calls: ToolCall[], parts: Message["parts"], finished: number | null): Message {
  return {
    id: "msg_2",
    role: "assistant",
    state: finished === null ? "streaming" : "complete",
    run_id: "run_1",
    content: "",
    model: "builtin",
    parts,
    tool_calls: calls,
    created_at: at(0),
    finished_at: finished === null ? null : at(finished),
  };
}

const ran = { created_at: at(0), started_at: at(1), finished_at: at(10) };

describe("the timeline of a run", () => {
  it("puts each call under the turn that asked for it, and turns between the calls", () => {
    const calls = [
      call("tc_1", 0, 2, { started_at: at(2), finished_at: at(4) }),
      call("tc_2", 0, 2, { started_at: at(2), finished_at: at(5) }),
    ];
    const spans = timeline(ran, [answer(calls, [{ type: "text", step: 1, text: "Ada." }], 10)]);
    expect(spans.map(({ kind, depth, from, to }) => [kind, depth, from, to])).toEqual([
      ["run", 0, ms(0), ms(10)],
      ["turn", 1, ms(1), ms(2)],
      ["call", 2, ms(2), ms(4)],
      ["call", 2, ms(2), ms(5)],
      ["turn", 1, ms(5), ms(10)],
    ]);
    expect(spans.at(-1)).toMatchObject({ kind: "turn", number: 2, text: "Ada." });
  });

  it("tells the time a run waited to begin from the time it ran", () => {
    expect(timeline(ran, [])[0]).toMatchObject({ from: ms(0), began: ms(1), to: ms(10) });
  });

  it("lets a call that waits for a person go on, and its turn be over", () => {
    const waiting = call("tc_1", 0, 3, { state: "waiting" });
    const spans = timeline({ created_at: at(0), started_at: at(1) }, [answer([waiting], [], null)]);
    expect(spans[1]).toMatchObject({ kind: "turn", to: ms(3) });
    expect(spans[2]).toMatchObject({ kind: "call", from: ms(3), began: null, to: null });
    expect(extent(spans, ms(60))).toEqual({ from: ms(0), to: ms(60) });
  });

  it("shows a turn that is being given as going on", () => {
    const spans = timeline({ created_at: at(0), started_at: at(1) }, [
      answer([], [{ type: "text", text: "so far" }], null),
    ]);
    expect(spans[1]).toMatchObject({ kind: "turn", from: ms(1), to: null, text: "so far" });
  });

  it("knows a run that never began", () => {
    const spans = timeline({ created_at: at(0), finished_at: at(2) }, []);
    expect(spans).toEqual([
      { kind: "run", id: "run", depth: 0, from: ms(0), began: ms(2), to: ms(2) },
    ]);
  });

  it("counts turns on over several answers", () => {
    const text = (words: string): Message["parts"] => [{ type: "text", step: 0, text: words }];
    const spans = timeline(ran, [answer([], text("one"), 4), answer([], text("two"), 10)]);
    expect(spans.slice(1)).toMatchObject([
      { number: 1, from: ms(1), to: ms(4) },
      { number: 2, from: ms(4), to: ms(10) },
    ]);
  });
});

describe("marks along a timeline", () => {
  it("stand at round distances", () => {
    const lengths = [0, 228, 1_000, 9_000, 62_000, 301_000, 7_200_000, 500_000_000];
    expect(lengths.map((length) => tick(length, 4))).toEqual([
      1, 100, 500, 5_000, 20_000, 120_000, 1_800_000, 172_800_000,
    ]);
  });
});

describe("the name of a call", () => {
  it("is that of the source's own tool where there is one", () => {
    expect(toolOf(call("tc_1", 0, 0))).toBe("search_graph");
    const ran = { connector: "src_1", tool: "log" };
    expect(toolOf(call("tc_1", 0, 0, { ...ran, args: { connector: "infra" } }))).toBe("infra.log");
    expect(toolOf(call("tc_1", 0, 0, { ...ran, args: { connector: "src_1" } }))).toBe("log");
  });
});
