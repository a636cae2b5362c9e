// A run as spans of time: turns of the model, and the calls that each asked for. Pure.
import type { Message, ToolCall } from "@/lib/api/client";

/** As much of a run as is drawn: an agent's, or a task's. */
export interface Ran {
  created_at: string;
  started_at?: string | null;
  finished_at?: string | null;
}

/** Times are milliseconds since 1970; a span that goes on has no end. */
interface Times {
  id: string;
  depth: number;
  from: number;
  /** Until when it waited, for its turn or for a person; null while it waits. */
  began: number | null;
  to: number | null;
}

interface RunSpan extends Times {
  kind: "run";
}

/** A turn of the model. The API gives no times of turns: they lie between the calls. */
interface TurnSpan extends Times {
  kind: "turn";
  number: number;
  model: string | null;
  text: string;
}

interface CallSpan extends Times {
  kind: "call";
  call: ToolCall;
}

export type Span = RunSpan | TurnSpan | CallSpan;

/** The spans of a run in the order of a tree: the run, its turns, and under each the calls that it asked for. */
export function timeline(run: Ran, answers: readonly Message[]): Span[] {
  const created = Date.parse(run.created_at);
  const started = run.started_at ? Date.parse(run.started_at) : null;
  const end = run.finished_at ? Date.parse(run.finished_at) : null;
  const spans: Span[] = [
    { kind: "run", id: "run", depth: 0, from: created, began: started ?? end, to: end },
  ];
  // Nothing is known to have happened before the run began, whatever an earlier answer's clock says.
  let free = started ?? created;
  for (const answer of answers) {
    const answered = answer.finished_at ? Date.parse(answer.finished_at) : end;
    const steps = stepsOf(answer);
    for (const step of steps) {
      const calls = answer.tool_calls.filter((call) => call.step === step);
      const isLast = step === steps.at(-1);
      const asked = calls.map((call) => Date.parse(call.created_at));
      const to = asked.length > 0 ? Math.min(...asked) : isLast ? answered : free;
      spans.push({
        kind: "turn",
        id: `${answer.id}:${step}`,
        depth: 1,
        number: spans.filter((span) => span.kind === "turn").length + 1,
        model: answer.model ?? null,
        text: textOf(answer, step),
        from: Math.min(free, to ?? free),
        began: Math.min(free, to ?? free),
        to,
      });
      const under = calls.map(callSpan);
      spans.push(...under);
      free = Math.max(free, ...under.map((span) => span.to ?? span.from));
    }
    free = Math.max(free, answered ?? free);
  }
  return spans;
}

function stepsOf(answer: Message): number[] {
  const steps = new Set(answer.tool_calls.map((call) => call.step));
  for (const part of answer.parts) {
    if (part.type === "text") steps.add(part.step ?? 0);
  }
  return [...steps].sort((one, other) => one - other);
}

function textOf(answer: Message, step: number): string {
  return answer.parts
    .filter((part) => part.type === "text" && (part.step ?? 0) === step)
    .map((part) => (part.type === "text" ? part.text : ""))
    .join("");
}

function callSpan(call: ToolCall): CallSpan {
  const from = Date.parse(call.created_at);
  const to = call.finished_at ? Date.parse(call.finished_at) : null;
  const began = call.started_at ? Date.parse(call.started_at) : to;
  return { kind: "call", id: call.id, depth: 2, from, began, to, call };
}

/** From when to when the whole of it was drawn; what goes on is drawn until now. */
export function extent(spans: readonly Span[], now: number): { from: number; to: number } {
  const from = Math.min(...spans.map((span) => span.from));
  const to = Math.max(...spans.map((span) => span.to ?? now));
  return { from, to: Math.max(to, from + 1) };
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Distances that people reckon in, from a second on. */
const ROUND = [
  ...[1, 2, 5, 10, 20, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 20, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12, 24].map((count) => count * HOUR),
];

/** A round distance between marks, so that there are `count` of them or fewer. */
export function tick(length: number, count: number): number {
  const rough = Math.max(1, length / count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const small = [1, 2, 5, 10].map((factor) => factor * power);
  const steps = rough > SECOND ? ROUND : small;
  return steps.find((step) => step >= rough) ?? Math.ceil(rough / (24 * HOUR)) * 24 * HOUR;
}

/** The tool that did the work: of a source's its own name, after the source as the model called it. */
export function toolOf(call: ToolCall): string {
  if (!call.tool) return call.name;
  const { connector } = (call.args ?? {}) as { connector?: unknown };
  const isName = typeof connector === "string" && connector !== call.connector;
  return isName ? `${connector}.${call.tool}` : call.tool;
}
