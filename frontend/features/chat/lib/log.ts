// The log of a conversation, folded into what is shown. Pure: the same events give the same thread, however they came.
import type { Approval, Effect, LogEvent } from "@/lib/api/client";

/** An event with its number; numbers rise, and one that was seen changes nothing. */
export type Entry = LogEvent & { seq: number };

type Data<Name extends LogEvent["event"]> = Extract<LogEvent, { event: Name }>["data"];

/** As much of an approval as the log tells; what it says no word of is read with the history. */
export type Asked = Pick<
  Approval,
  | "id"
  | "tool"
  | "args"
  | "effect"
  | "reason"
  | "state"
  | "effect_state"
  | "expires_at"
  | "decided_by"
  | "note"
  | "remember_until"
>;

export interface Call {
  kind: "call";
  id: string;
  name: string;
  connector: string | null;
  args: unknown;
  /** The arguments as far as they were written, until they are whole. */
  written: string;
  effect: Effect | null;
  approval: Asked | null;
  result: { value: unknown; failed: boolean } | null;
  /** How long it took, where that is known. */
  tookMs: number | null;
  /** It was asked for before a crash, and not since. */
  lost: boolean;
}

export type Part = { kind: "text"; text: string } | { kind: "summary"; text: string } | Call;
export type Citation = Data<"citation">;

export type Ending =
  | { kind: "answering" }
  | {
      kind: "ended";
      reason: Data<"message_end">["finish_reason"];
      usage: Data<"message_end">["usage"];
    }
  | { kind: "failed"; code: string; message: string; retryable: boolean };

export interface Question {
  role: "user";
  id: string;
  text: string;
  /** When it was asked, where that is known. */
  at: string | null;
}

export interface Answer {
  role: "assistant";
  id: string;
  runId: string;
  parts: readonly Part[];
  citations: readonly Citation[];
  ending: Ending;
  model: string | null;
  at: string | null;
}

export interface Thread {
  /** The number of the last event that was folded in. */
  seq: number;
  messages: readonly (Question | Answer)[];
  /** Questions that wait for the answer before theirs to end. */
  queued: readonly Question[];
}

export const EMPTY: Thread = { seq: 0, messages: [], queued: [] };

/** The thread after one more event. An event that was folded in before, or is not known, changes no message. */
export function fold(thread: Thread, entry: Entry): Thread {
  if (entry.seq <= thread.seq) return thread;
  const next = { ...thread, seq: entry.seq };
  switch (entry.event) {
    case "user_message":
      return asked(next, entry.data);
    case "message_start":
      return started(next, entry.data);
    default:
      return inAnswer(next, (answer) => advance(answer, entry));
  }
}

/** The answer that is being given. */
function answering(thread: Thread): Answer | null {
  const last = thread.messages.at(-1);
  return last?.role === "assistant" && last.ending.kind === "answering" ? last : null;
}

/** Whether an answer is being given. */
export function isAnswering(thread: Thread): boolean {
  return answering(thread) !== null;
}

/** What a person is asked before the answer goes on. */
export function waitingFor(thread: Thread): Asked | null {
  for (const part of answering(thread)?.parts ?? []) {
    if (part.kind === "call" && !part.lost && part.approval?.state === "pending") {
      return part.approval;
    }
  }
  return null;
}

/** What of an answer is shown: without the calls that did not survive a crash, and text that they stood between in one piece. */
export function shown(parts: readonly Part[]): readonly Part[] {
  if (!parts.some((part) => part.kind === "call" && part.lost)) return parts;
  return parts.reduce<readonly Part[]>((kept, part) => {
    if (part.kind === "call" && part.lost) return kept;
    return part.kind === "text" ? written(kept, part.text) : [...kept, part];
  }, []);
}

function asked(thread: Thread, { message_id: id, content: text }: Data<"user_message">): Thread {
  const queued = thread.queued.filter((question) => question.id !== id);
  if (thread.messages.some((message) => message.id === id)) return { ...thread, queued };
  const at = thread.queued.find((question) => question.id === id)?.at ?? null;
  return { ...thread, queued, messages: [...thread.messages, { role: "user", id, text, at }] };
}

/** An answer that the history knows as whole stays; one that it knows in part is told from its beginning. */
function started(thread: Thread, { message_id: id, run_id: runId }: Data<"message_start">): Thread {
  const place = thread.messages.findIndex((message) => message.id === id);
  const known = thread.messages[place];
  if (known?.role === "assistant" && known.ending.kind !== "answering") return thread;
  const answer: Answer = {
    role: "assistant",
    id,
    runId,
    parts: [],
    citations: [],
    ending: { kind: "answering" },
    model: null,
    at: known?.at ?? null,
  };
  if (place < 0) return { ...thread, messages: [...thread.messages, answer] };
  return { ...thread, messages: thread.messages.with(place, answer) };
}

function inAnswer(thread: Thread, change: (answer: Answer) => Answer): Thread {
  const answer = answering(thread);
  if (!answer) return thread;
  return { ...thread, messages: [...thread.messages.slice(0, -1), change(answer)] };
}

function advance(answer: Answer, entry: Entry): Answer {
  switch (entry.event) {
    case "content_delta":
      return { ...answer, parts: written(answer.parts, entry.data.delta) };
    case "message_reset":
      return { ...answer, parts: reset(answer.parts, entry.data.content), citations: [] };
    case "summary":
      return {
        ...answer,
        parts: [...answer.parts, { kind: "summary", text: entry.data.content }],
      };
    case "tool_call_start":
      return { ...answer, parts: called(answer.parts, entry.data) };
    case "tool_call_delta":
      return inCall(answer, entry.data.tool_call_id, (it) => {
        const text = it.written + entry.data.args_delta;
        return { ...it, written: text, args: whole(text) ?? it.args };
      });
    case "approval_required": {
      const { approval_id: id, tool_call_id: callId, ...rest } = entry.data;
      const approval: Asked = { id, ...rest, state: "pending", effect_state: "none" };
      return inCall(answer, callId, (it) => ({ ...it, approval, effect: rest.effect }));
    }
    case "approval_resolved":
      return { ...answer, parts: answer.parts.map((part) => resolved(part, entry.data)) };
    case "tool_result": {
      const result = { value: entry.data.result, failed: entry.data.is_error };
      return inCall(answer, entry.data.tool_call_id, (it) => ({
        ...it,
        result,
        approval: it.approval && { ...it.approval, ...outcome(it.approval, result) },
      }));
    }
    case "citation":
      return { ...answer, citations: cited(answer.citations, entry.data) };
    case "message_end": {
      const { finish_reason: reason, usage } = entry.data;
      return { ...answer, ending: { kind: "ended", reason, usage } };
    }
    case "error": {
      const { code, message, retryable } = entry.data;
      return { ...answer, ending: { kind: "failed", code, message, retryable } };
    }
    default:
      return answer;
  }
}

function written(parts: readonly Part[], delta: string): readonly Part[] {
  const last = parts.at(-1);
  if (last?.kind !== "text") return [...parts, { kind: "text", text: delta }];
  return [...parts.slice(0, -1), { kind: "text", text: last.text + delta }];
}

/** The text is this, whatever was streamed before. What of it was shown already keeps its place among the calls. */
function reset(parts: readonly Part[], content: string): readonly Part[] {
  let rest = content;
  const kept: Part[] = [];
  for (const part of parts) {
    if (part.kind === "text") {
      const text = commonStart(part.text, rest);
      rest = rest.slice(text.length);
      if (text) kept.push({ kind: "text", text });
    } else if (part.kind !== "call" || part.result) {
      kept.push(part);
    } else {
      // It is told again when it still stands.
      kept.push({ ...part, lost: true });
    }
  }
  return rest ? written(kept, rest) : kept;
}

function commonStart(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return one.slice(0, length);
}

function cited(citations: readonly Citation[], citation: Citation): readonly Citation[] {
  return [...citations.filter(({ index }) => index !== citation.index), citation];
}

/** A call that is told again after a crash stays the one that it was. */
function called(parts: readonly Part[], data: Data<"tool_call_start">): readonly Part[] {
  const place = parts.findIndex((part) => part.kind === "call" && part.id === data.tool_call_id);
  const known = parts[place];
  if (known?.kind !== "call") return [...parts, call(data)];
  const args = data.args ?? known.args;
  return parts.with(place, { ...known, args, written: "", lost: false });
}

function call({ tool_call_id: id, name, connector, args }: Data<"tool_call_start">): Call {
  return {
    kind: "call",
    id,
    name,
    connector: connector ?? null,
    args,
    written: "",
    effect: null,
    approval: null,
    result: null,
    tookMs: null,
    lost: false,
  };
}

function inCall(answer: Answer, id: string, change: (call: Call) => Call): Answer {
  const changed = (part: Part) => (part.kind === "call" && part.id === id ? change(part) : part);
  return { ...answer, parts: answer.parts.map(changed) };
}

function resolved(part: Part, { approval_id: id, ...rest }: Data<"approval_resolved">): Part {
  if (part.kind !== "call" || part.approval?.id !== id) return part;
  const effect_state = rest.state === "approved" && !part.result ? "claimed" : "none";
  return { ...part, approval: { ...part.approval, ...rest, effect_state } };
}

/** What the result of a call that was agreed to says of its effect. */
function outcome(approval: Asked, { value, failed }: NonNullable<Call["result"]>) {
  if (approval.state !== "approved") return {};
  const code = (value as { error?: { code?: unknown } } | null)?.error?.code;
  if (code === "outcome_unknown") return { effect_state: "unknown" as const };
  return { effect_state: failed ? ("failed" as const) : ("done" as const) };
}

function whole(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
