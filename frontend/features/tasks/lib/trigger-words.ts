// What sets a task off, in words.
import type { Cause, LifecycleEvent, Task, Trigger, TriggerKind } from "@/lib/api/client";
import { cronInWords } from "./cron-words";

export const KINDS: Record<TriggerKind, { name: string; means: string }> = {
  manual: { name: "By hand", means: "Somebody runs it." },
  schedule: { name: "By the clock", means: "At the times that you say." },
  webhook: { name: "By a webhook", means: "Another system sends a signed request." },
  lifecycle: { name: "By what happens", means: "Something changes in the org." },
};

export const EVENTS: Record<LifecycleEvent, string> = {
  "graph.changed": "the graph changes",
  "sync.succeeded": "a sync succeeds",
  "sync.failed": "a sync fails",
  "sync.cancelled": "a sync is cancelled",
  "approval.requested": "an approval is asked for",
  "approval.resolved": "an approval is decided",
  "task.run.succeeded": "a run of a task succeeds",
  "task.run.failed": "a run of a task fails",
  "task.run.cancelled": "a run of a task is cancelled",
};

const or = new Intl.ListFormat("en", { type: "disjunction" });

/** As much of a trigger as is told; also of one that is being written. */
type Told = Pick<Trigger, "kind" | "cron" | "timezone" | "events" | "filter">;

/** What sets a task off, as a short sentence without its end. */
export function triggerInWords(trigger: Told): string {
  switch (trigger.kind) {
    case "manual":
      return "By hand";
    case "webhook":
      return "By a signed webhook";
    case "schedule":
      return scheduleInWords(trigger.cron ?? "", trigger.timezone ?? "UTC");
    case "lifecycle":
      return `When ${or.format((trigger.events ?? []).map((event) => EVENTS[event]))}${within(trigger)}`;
  }
}

function scheduleInWords(cron: string, timezone: string): string {
  const words = cronInWords(cron) ?? `By the schedule ${cron}`;
  return `${words.charAt(0).toUpperCase()}${words.slice(1)} (${timezone})`;
}

function within({ filter }: Pick<Trigger, "filter">): string {
  const parts = [
    filter?.label && `for ${filter.label} nodes`,
    filter?.realm && `in ${filter.realm}`,
    filter?.source_id && "by one source",
  ];
  const said = parts.filter((part) => part);
  return said.length > 0 ? ` ${said.join(" ")}` : "";
}

/** What set a run off. */
export function causeInWords(cause: Cause, nameOf: (principal: string) => string): string {
  switch (cause.kind) {
    case "manual":
      return `by ${nameOf(cause.actor)}`;
    case "schedule":
      return "by the clock";
    case "webhook":
      return "by a webhook";
    case "lifecycle":
      return `by ${cause.event}`;
  }
}

/** When it comes next, or why no clock says so. */
export function nextOf(task: Task): { at: string } | { why: string } {
  if (!task.enabled) return { why: "switched off" };
  if (task.next_run_at) return { at: task.next_run_at };
  return { why: task.trigger.kind === "schedule" ? "not again" : "when set off" };
}
