// The log of a conversation, folded into what is shown. Pure: the same events give the same thread, however they came.
import type { LogEvent } from "@/lib/api/client";

/** An event with its number; numbers rise, and one that was seen changes nothing. */
export type Entry = LogEvent & { seq: number };

type Data<Name extends LogEvent["event"]> = Extract<LogEvent, { event: Name }>["data"];
type Approval = Data<"approval_required"> & {
  state: Data<"approval_resolved">["state"];
  decided_by?: string | null;
  note?: string | null;
};

export interface Call {
  kind: "call";
  id: string;
  name: string;
  connector: string | null;
  args: unknown;
  /** The arguments as far as they were written, until they are whole. */
  written: string;
  approval: Approval | null;
  result: { value: unknown; failed: boolean } | null;
}

export type Part = { kind: "text"; text: string } | Call;
export type Citation = Data<"citation">;

export type Ending =
  | { kind: "answering" }
  | { kind: "ended"; reason: Data<"message_end">["finish_reason"]; usage: Data<"message_end">["usage"] }
  | { kind: "failed"; code: string; message: string; retryable: boolean };

export interface Question {
  role: "user";
  id: string;
  text: string;
}

export interface Answer {
  role: "assistant";
  id: string;
  runId: string;
  parts: readonly Part[];
  citations: readonly Citation[];
  ending: Ending;
}

export interface Thread {
  /** The number of the last event that was folded in. */
  seq: number;
  messages: readonly (Question | Answer)[];
}

export const EMPTY: Thread = { seq: 0, messages: [] };

/** The thread after one more event. An event that was folded in before, or is not known, changes no message. */
export function fold(thread: Thread, entry: Entry): Thread {
  if (entry.seq <= thread.seq) return thread;
  const next = { ...thread, seq: entry.seq };
  switch (entry.event) {
    case "user_message": {
      const { message_id: id, content: text } = entry.data;
      return { ...next, messages: [...thread.messages, { role: "user", id, text }] };
    }
    case "message_start": {
      const { message_id: id, run_id: runId } = entry.data;
      const answer: Answer = {
        role: "assistant",
        id,
        runId,
        parts: [],
        citations: [],
        ending: { kind: "answering" },
      };
      return { ...next, messages: [...thread.messages, answer] };
    }
    default:
      return inAnswer(next, (answer) => advance(answer, entry));
  }
}

/** Whether an answer is being given. */
export function isAnswering(thread: Thread): boolean {
  const last = thread.messages.at(-1);
  return last?.role === "assistant" && last.ending.kind === "answering";
}

function inAnswer(thread: Thread, change: (answer: Answer) => Answer): Thread {
  const last = thread.messages.at(-1);
  if (last?.role !== "assistant") return thread;
  return { ...thread, messages: [...thread.messages.slice(0, -1), change(last)] };
}

function advance(answer: Answer, entry: Entry): Answer {
  switch (entry.event) {
    case "content_delta":
      return { ...answer, parts: written(answer.parts, entry.data.delta) };
    case "message_reset":
      return { ...answer, parts: reset(answer.parts, entry.data.content), citations: [] };
    case "tool_call_start":
      return { ...answer, parts: [...answer.parts, call(entry.data)] };
    case "tool_call_delta":
      return inCall(answer, entry.data.tool_call_id, (it) => {
        const text = it.written + entry.data.args_delta;
        return { ...it, written: text, args: whole(text) ?? it.args };
      });
    case "approval_required": {
      const approval: Approval = { ...entry.data, state: "pending" };
      return inCall(answer, entry.data.tool_call_id, (it) => ({ ...it, approval }));
    }
    case "approval_resolved":
      return { ...answer, parts: answer.parts.map((part) => resolved(part, entry.data)) };
    case "tool_result":
      return inCall(answer, entry.data.tool_call_id, (it) => ({
        ...it,
        result: { value: entry.data.result, failed: entry.data.is_error ?? false },
      }));
    case "citation":
      return { ...answer, citations: [...answer.citations, entry.data] };
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

/** The text is this, whatever was streamed before; calls stay, and are before what comes next. */
function reset(parts: readonly Part[], content: string): readonly Part[] {
  const calls = parts.filter((part) => part.kind === "call");
  return content ? [{ kind: "text", text: content }, ...calls] : calls;
}

function call({ tool_call_id: id, name, connector, args }: Data<"tool_call_start">): Call {
  return {
    kind: "call",
    id,
    name,
    connector: connector ?? null,
    args,
    written: "",
    approval: null,
    result: null,
  };
}

function inCall(answer: Answer, id: string, change: (call: Call) => Call): Answer {
  const changed = (part: Part) => (part.kind === "call" && part.id === id ? change(part) : part);
  return { ...answer, parts: answer.parts.map(changed) };
}

function resolved(part: Part, { approval_id: id, ...rest }: Data<"approval_resolved">): Part {
  if (part.kind !== "call" || part.approval?.approval_id !== id) return part;
  return { ...part, approval: { ...part.approval, ...rest } };
}

function whole(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
