// A task as it is being written.
import {
  jsonOf,
  limitsForm,
  limitsOf,
  standingForm,
  standingOf,
  type Faults,
  type LimitsForm,
  type StandingForm,
} from "@/features/agents";
import type {
  ApprovalDefaults,
  LifecycleEvent,
  Missed,
  Overlap,
  Task,
  TaskCreate,
  Trigger,
  TriggerCreate,
  TriggerKind,
} from "@/lib/api/client";

/** What was typed for each kind of trigger; the fields of the others stay while one chooses. */
export interface TriggerForm {
  kind: TriggerKind;
  overlap: Overlap;
  cron: string;
  timezone: string;
  missed: Missed;
  events: readonly LifecycleEvent[];
  source: string;
  realm: string;
  label: string;
  dedupe: string;
  header: string;
  requireTimestamp: boolean;
}

export interface TaskForm {
  name: string;
  agent: string;
  trigger: TriggerForm;
  prompt: string;
  /** What else the agent is told, as the text of a JSON object; empty is nothing. */
  more: string;
  realm: string;
  /** Empty is oneself. */
  runAs: string;
  limits: LimitsForm;
  approvals: ApprovalDefaults | null;
  /** Seconds; empty is as chat has it. */
  wait: string;
  standing: readonly StandingForm[];
}

/** The fields of a task, or those of a new one. */
export function taskForm(task: Task | null, agent: string, timezone: string): TaskForm {
  const { prompt, ...more } = task?.input_template ?? {};
  return {
    name: task?.name ?? "",
    agent: task?.agent_id ?? agent,
    trigger: triggerForm(task?.trigger ?? null, timezone),
    prompt: typeof prompt === "string" ? prompt : "",
    more: Object.keys(more).length > 0 ? JSON.stringify(more, null, 2) : "",
    realm: task?.realm ?? "",
    runAs: task?.run_as ?? "",
    limits: limitsForm(task?.limits ?? {}),
    approvals: task?.approval_defaults ?? null,
    wait: task?.approval_timeout_secs?.toString() ?? "",
    standing: task?.standing_approvals.map(standingForm) ?? [],
  };
}

function triggerForm(trigger: Trigger | null, timezone: string): TriggerForm {
  return {
    kind: trigger?.kind ?? "manual",
    overlap: trigger?.overlap ?? "skip",
    cron: trigger?.cron ?? "0 6 * * MON-FRI",
    timezone: trigger?.timezone ?? timezone,
    missed: trigger?.missed ?? "run_once",
    events: trigger?.events ?? [],
    source: trigger?.filter?.source_id ?? "",
    realm: trigger?.filter?.realm ?? "",
    label: trigger?.filter?.label ?? "",
    dedupe: trigger?.dedupe_secs?.toString() ?? "300",
    header: trigger?.header_id ?? "",
    requireTimestamp: trigger?.require_timestamp ?? false,
  };
}

/** What the fields of a trigger say: of its kind, and nothing else. */
export function triggerOf(form: TriggerForm): TriggerCreate {
  const { kind, overlap } = form;
  switch (kind) {
    case "manual":
      return { kind, overlap };
    case "schedule": {
      const { cron, timezone, missed } = form;
      return { kind, overlap, cron, timezone, missed };
    }
    case "webhook":
      return {
        kind,
        overlap,
        dedupe_secs: form.dedupe.trim() === "" ? null : Number(form.dedupe),
        require_timestamp: form.requireTimestamp,
        header_id: form.header.trim() || null,
      };
    case "lifecycle":
      return {
        kind,
        overlap,
        events: [...form.events],
        filter: {
          source_id: form.source || null,
          realm: form.realm || null,
          // Of other events there is no label to ask for.
          label: (form.events.includes("graph.changed") && form.label.trim()) || null,
        },
      };
  }
}

/** What the fields say, whole, and what is wrong with them before anybody was asked. */
export function taskOf(form: TaskForm, before: Task | null): { value: TaskCreate; faults: Faults } {
  const standing = standingOf(form.standing, before?.standing_approvals ?? []);
  const faults = new Map(standing.faults);
  const more = form.more.trim() === "" ? {} : jsonOf(form.more);
  const isObject = typeof more === "object" && more !== null && !Array.isArray(more);
  if (!isObject) faults.set("input_template", "This is no JSON object.");
  if (form.agent === "") faults.set("agent_id", "Choose who does it.");
  const value: TaskCreate = {
    name: form.name.trim(),
    agent_id: form.agent,
    trigger: triggerOf(form.trigger),
    input_template: { ...(isObject && more), prompt: form.prompt },
    realm: form.realm || null,
    limits: limitsOf(form.limits),
    approval_defaults: form.approvals,
    approval_timeout_secs: form.wait.trim() === "" ? null : Number(form.wait),
    standing_approvals: standing.value,
    ...(form.runAs !== "" && { run_as: form.runAs }),
  };
  return { value, faults };
}

/** What is said of a change: a trigger that stays as it is is not named, so that nothing of it begins anew. */
export function patchOf(value: TaskCreate, form: TaskForm, before: Task) {
  const same =
    JSON.stringify(triggerOf(form.trigger)) ===
    JSON.stringify(triggerOf(triggerForm(before.trigger, form.trigger.timezone)));
  const { trigger, ...rest } = value;
  return same ? rest : { ...rest, trigger };
}
