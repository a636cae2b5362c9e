import { describe, expect, it } from "vitest";
import { EMPTY, fold, isAnswering, shown, type Entry, type Thread } from "./log";

const asked: Entry[] = [
  { seq: 1, event: "user_message", data: { message_id: "msg_1", content: "who owns billing?" } },
  { seq: 2, event: "message_start", data: { message_id: "msg_2", run_id: "run_1" } },
];

function thread(entries: Entry[]): Thread {
  return entries.reduce(fold, EMPTY);
}

function answer(folded: Thread) {
  const last = folded.messages.at(-1);
  if (last?.role !== "assistant") throw new Error("no answer");
  return last;
}

describe("the log of a conversation", () => {
  it("becomes a question and an answer that grows", () => {
    const folded = thread([
      ...asked,
      { seq: 3, event: "content_delta", data: { delta: "Ada" } },
      { seq: 4, event: "content_delta", data: { delta: " does." } },
    ]);
    expect(folded.messages[0]).toMatchObject({ role: "user", text: "who owns billing?" });
    expect(answer(folded).parts).toEqual([{ kind: "text", text: "Ada does." }]);
    expect(isAnswering(folded)).toBe(true);
  });

  it("changes nothing when an event comes again", () => {
    const delta: Entry = { seq: 3, event: "content_delta", data: { delta: "once" } };
    const once = thread([...asked, delta]);
    expect(fold(once, delta)).toBe(once);
    expect(fold(once, asked[0]!)).toBe(once);
  });

  it("takes arguments that come in pieces, and keeps them when they are whole", () => {
    const folded = thread([
      ...asked,
      { seq: 3, event: "tool_call_start", data: { tool_call_id: "tc_1", name: "search_graph" } },
      { seq: 4, event: "tool_call_delta", data: { tool_call_id: "tc_1", args_delta: '{"query":' } },
      { seq: 5, event: "tool_call_delta", data: { tool_call_id: "tc_1", args_delta: '"a"}' } },
      { seq: 6, event: "tool_result", data: { tool_call_id: "tc_1", result: [], is_error: false } },
    ]);
    expect(answer(folded).parts).toMatchObject([
      { kind: "call", args: { query: "a" }, result: { value: [], failed: false } },
    ]);
  });

  it("shows what a person decided at the call that it was for", () => {
    const folded = thread([
      ...asked,
      { seq: 3, event: "tool_call_start", data: { tool_call_id: "tc_1", name: "upsert_node" } },
      {
        seq: 4,
        event: "approval_required",
        data: {
          approval_id: "apr_1",
          tool_call_id: "tc_1",
          tool: "upsert_node",
          args: {},
          effect: "write",
          reason: "default",
          expires_at: "2026-01-01T00:00:00Z",
        },
      },
      {
        seq: 5,
        event: "approval_resolved",
        data: { approval_id: "apr_1", state: "denied", note: "no" },
      },
    ]);
    expect(answer(folded).parts).toMatchObject([{ approval: { state: "denied", note: "no" } }]);
  });

  it("replaces the text after a crash, and goes on", () => {
    const folded = thread([
      ...asked,
      { seq: 3, event: "content_delta", data: { delta: "half a wor" } },
      { seq: 1004, event: "message_reset", data: { message_id: "msg_2", content: "half" } },
      { seq: 1005, event: "content_delta", data: { delta: " again" } },
      {
        seq: 1006,
        event: "message_end",
        data: {
          message_id: "msg_2",
          finish_reason: "end_turn",
          usage: { in_tokens: 1, out_tokens: 2, cost_usd: 0 },
        },
      },
    ]);
    expect(answer(folded).parts).toEqual([{ kind: "text", text: "half again" }]);
    expect(answer(folded).ending).toMatchObject({ kind: "ended", reason: "end_turn" });
    expect(isAnswering(folded)).toBe(false);
  });

  it("keeps what still stands in its place among the calls, and a call that is told again is the same", () => {
    const call = (id: string) => ({ tool_call_id: id, name: "upsert_node", args: { key: id } });
    const asked_for = {
      approval_id: "apr_1",
      tool_call_id: "tc_2",
      tool: "upsert_node",
      args: {},
      effect: "write" as const,
      reason: "default",
      expires_at: "2026-01-01T00:00:00Z",
    };
    const folded = thread([
      ...asked,
      { seq: 3, event: "content_delta", data: { delta: "First. " } },
      { seq: 4, event: "tool_call_start", data: call("tc_1") },
      { seq: 5, event: "tool_result", data: { tool_call_id: "tc_1", result: 1, is_error: false } },
      { seq: 6, event: "content_delta", data: { delta: "Second, half" } },
      { seq: 7, event: "tool_call_start", data: call("tc_2") },
      { seq: 8, event: "approval_required", data: asked_for },
      { seq: 9, event: "tool_call_start", data: call("tc_3") },
      {
        seq: 99,
        event: "message_reset",
        data: { message_id: "msg_2", content: "First. Second, " },
      },
      { seq: 100, event: "tool_call_start", data: call("tc_2") },
      { seq: 101, event: "content_delta", data: { delta: "whole" } },
    ]);
    expect(answer(folded).parts).toMatchObject([
      { kind: "text", text: "First. " },
      { kind: "call", id: "tc_1", lost: false },
      { kind: "text", text: "Second, " },
      { kind: "call", id: "tc_2", lost: false, approval: { state: "pending" } },
      { kind: "call", id: "tc_3", lost: true },
      { kind: "text", text: "whole" },
    ]);
    expect(shown(answer(folded).parts).map(({ kind }) => kind)).toEqual([
      "text",
      "call",
      "text",
      "call",
      "text",
    ]);
  });

  it("says that an effect is unknown when nobody saw its end", () => {
    const folded = thread([
      ...asked,
      { seq: 3, event: "tool_call_start", data: { tool_call_id: "tc_1", name: "upsert_node" } },
      {
        seq: 4,
        event: "approval_required",
        data: {
          approval_id: "apr_1",
          tool_call_id: "tc_1",
          tool: "upsert_node",
          args: {},
          effect: "write",
          reason: "default",
          expires_at: "2026-01-01T00:00:00Z",
        },
      },
      { seq: 5, event: "approval_resolved", data: { approval_id: "apr_1", state: "approved" } },
      {
        seq: 6,
        event: "tool_result",
        data: {
          tool_call_id: "tc_1",
          result: { error: { code: "outcome_unknown" } },
          is_error: true,
        },
      },
    ]);
    expect(answer(folded).parts).toMatchObject([{ approval: { effect_state: "unknown" } }]);
  });

  it("passes over events that it does not know", () => {
    const strange = { seq: 3, event: "aurora", data: {} } as unknown as Entry;
    expect(answer(thread([...asked, strange])).parts).toEqual([]);
  });
});
