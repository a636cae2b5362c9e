// What bounds a run and what it may do alone, as fields of a form. Agents and tasks have them alike.
import type { RunLimits, StandingApproval, TaskLimits } from "@/lib/api/client";

/** Faults by the path of the field, as the API names them. */
export type Faults = ReadonlyMap<string, string>;

export type LimitName = keyof TaskLimits;
/** What was typed; empty is "as it is otherwise". */
export type LimitsForm = Record<LimitName, string>;

const LIMITS: readonly LimitName[] = ["steps", "tokens", "cost_usd", "secs", "runs_per_hour"];

export function limitsForm(limits: RunLimits & TaskLimits): LimitsForm {
  const text = (name: LimitName) => limits[name]?.toString() ?? "";
  return {
    steps: text("steps"),
    tokens: text("tokens"),
    cost_usd: text("cost_usd"),
    secs: text("secs"),
    runs_per_hour: text("runs_per_hour"),
  };
}

/** What the fields say; one that is empty says nothing. */
export function limitsOf(form: LimitsForm): TaskLimits {
  const said = LIMITS.filter((name) => form[name].trim() !== "");
  return Object.fromEntries(said.map((name) => [name, Number(form[name])]));
}

/** A standing approval that is being written. */
export interface StandingForm {
  connector: string;
  tool: string;
  args_schema: string;
  max_per_day: string;
  /** As the browser's control has it: local, without a zone. */
  expires_at: string;
}

const MONTH_MS = 30 * 24 * 60 * 60 * 1_000;

export function newStanding(now: Date): StandingForm {
  return {
    connector: "graph",
    tool: "upsert_node",
    args_schema: '{\n  "type": "object"\n}',
    max_per_day: "20",
    expires_at: localTime(new Date(now.getTime() + MONTH_MS)),
  };
}

export function standingForm(one: StandingApproval): StandingForm {
  return {
    connector: one.connector,
    tool: one.tool,
    args_schema: JSON.stringify(one.args_schema, null, 2),
    max_per_day: String(one.max_per_day),
    expires_at: localTime(new Date(one.expires_at)),
  };
}

/** What the fields say, or what is wrong with them. Those that did not change are given back as they were. */
export function standingOf(
  forms: readonly StandingForm[],
  before: readonly StandingApproval[],
): { value: StandingApproval[]; faults: Faults } {
  const faults = new Map<string, string>();
  const value = forms.map((form, at) => {
    const kept = before.find((one) => JSON.stringify(standingForm(one)) === JSON.stringify(form));
    if (kept) return kept;
    const schema = jsonOf(form.args_schema);
    if (schema === undefined)
      faults.set(`standing_approvals[${at}].args_schema`, "This is no JSON.");
    const expires = new Date(form.expires_at);
    const isTime = !Number.isNaN(expires.getTime());
    if (!isTime) faults.set(`standing_approvals[${at}].expires_at`, "Say until when.");
    return {
      connector: form.connector,
      tool: form.tool,
      args_schema: schema ?? {},
      max_per_day: Number(form.max_per_day),
      expires_at: isTime ? expires.toISOString() : "",
    };
  });
  return { value, faults };
}

/** The value that a JSON text stands for; undefined where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function localTime(at: Date): string {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}
