// What was said, as the API keeps it, as the thread that the log goes on from.
import type { Approval, Message, ToolCall } from "@/lib/api/client";
import type { Answer, Asked, Call, Citation, Ending, Part, Question, Thread } from "./log";

/** The thread of messages that came newest first. What is still being said is told again by the log. */
export function recall(newestFirst: readonly Message[]): Thread {
  const said = newestFirst.toReversed();
  const messages = said
    .filter(isSaid)
    .map((message) => (message.role === "user" ? question(message) : answer(message, said)));
  const queued = said
    .filter(({ role, state }) => role === "user" && state === "queued")
    .map(question);
  return { seq: lastKnown(newestFirst), messages, queued };
}

/** The thread with older messages before it. */
export function withEarlier(thread: Thread, newestFirst: readonly Message[]): Thread {
  const known = new Set(thread.messages.map(({ id }) => id));
  const earlier = recall(newestFirst).messages.filter(({ id }) => !known.has(id));
  return { ...thread, messages: [...earlier, ...thread.messages] };
}

/** The thread with what the API knows better by now: times, models, what came of effects. */
export function settled(thread: Thread, newestFirst: readonly Message[]): Thread {
  const { messages, queued } = recall(newestFirst);
  const kept = new Map(messages.map((message) => [message.id, message]));
  const known = new Set(thread.messages.map(({ id }) => id));
  return {
    ...thread,
    messages: thread.messages.map((message) => {
      const whole = kept.get(message.id);
      if (!whole) return message;
      return whole.role === "assistant" && whole.ending.kind === "answering" ? message : whole;
    }),
    queued: queued.filter(({ id }) => !known.has(id)),
  };
}

/** The number after which the log tells all that the messages do not. */
function lastKnown(newestFirst: readonly Message[]): number {
  const newest = newestFirst.find((message) => isSaid(message));
  if (newest?.event_id == null) return 0;
  return newest.state === "streaming" ? newest.event_id - 1 : newest.event_id;
}

function isSaid({ role, state, event_id }: Message): boolean {
  return role !== "summary" && state !== "queued" && event_id != null;
}

function question({ id, content: text, created_at: at }: Message): Question {
  return { role: "user", id, text, at };
}

function answer(message: Message, all: readonly Message[]): Answer {
  const calls = new Map(message.tool_calls.map((it) => [it.id, it]));
  const summaries = all.filter(
    ({ role, run_id }) => role === "summary" && run_id === message.run_id,
  );
  const parts = [
    ...summaries.map(({ content: text }): Part => ({ kind: "summary", text })),
    ...message.parts.flatMap((part): Part[] => {
      if (part.type === "text") return [{ kind: "text", text: part.text }];
      const found = part.type === "tool_call" && calls.get(part.tool_call_id);
      return found ? [call(found)] : [];
    }),
  ];
  return {
    role: "assistant",
    id: message.id,
    runId: message.run_id,
    parts,
    citations: message.parts.flatMap((part): Citation[] => {
      if (part.type !== "citation") return [];
      const { index, node_id, document_id, url, title } = part;
      return [{ index, node_id, document_id, url, title } as Citation];
    }),
    ending: ending(message),
    model: message.model ?? null,
    at: message.created_at,
  };
}

function ending({ state, error, finish_reason, usage }: Message): Ending {
  if (error) return { kind: "failed", ...error };
  if (state === "streaming" || state === "queued") return { kind: "answering" };
  const reason = finish_reason ?? (state === "cancelled" ? "cancelled" : "end_turn");
  return { kind: "ended", reason, usage: usage ?? { in_tokens: 0, out_tokens: 0, cost_usd: 0 } };
}

function call(it: ToolCall): Call {
  const over = it.finished_at != null || it.result != null;
  const failed = it.state !== "done";
  return {
    kind: "call",
    id: it.id,
    name: it.name,
    connector: it.connector ?? null,
    args: it.args,
    written: "",
    effect: it.effect ?? null,
    approval: it.approval ? asked(it.approval) : null,
    result: over ? { value: it.result, failed } : null,
    tookMs:
      it.started_at && it.finished_at
        ? Date.parse(it.finished_at) - Date.parse(it.started_at)
        : null,
    lost: it.state === "cancelled" && !it.approval,
  };
}

function asked(approval: Approval): Asked {
  const { id, tool, args, effect, reason, state, effect_state, expires_at } = approval;
  const { decided_by, note, remember_until } = approval;
  return {
    id,
    tool,
    args,
    effect,
    reason,
    state,
    effect_state,
    expires_at,
    decided_by,
    note,
    remember_until,
  };
}
