import { describe, expect, it } from "vitest";
import type { Task } from "@/lib/api/client";
import { patchOf, taskForm, taskOf, triggerOf } from "./task-form";

const task: Task = {
  id: "task_1",
  name: "morning report",
  agent_id: "agt_1",
  run_as: "usr_1",
  realm: null,
  trigger: {
    id: "trg_1",
    kind: "schedule",
    overlap: "queue",
    cron: "0 6 * * MON-FRI",
    timezone: "Europe/Berlin",
    missed: "skip",
  },
  input_template: { prompt: "It is {{ now }}.", links: ["{{ trigger.tick }}"] },
  limits: { runs_per_hour: 2 },
  standing_approvals: [],
  enabled: true,
  created_by: "usr_1",
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
};

describe("the form of a task", () => {
  it("says what the task said", () => {
    const form = taskForm(task, "", "UTC");
    const { value, faults } = taskOf(form, task);
    expect(faults.size).toBe(0);
    expect(value).toMatchObject({
      name: "morning report",
      input_template: task.input_template,
      limits: { runs_per_hour: 2 },
      run_as: "usr_1",
      trigger: { kind: "schedule", overlap: "queue", timezone: "Europe/Berlin", missed: "skip" },
    });
    expect(patchOf(value, form, task)).not.toHaveProperty("trigger");
  });

  it("names the trigger of a change when it is another", () => {
    const form = taskForm(task, "", "UTC");
    const changed = { ...form, trigger: { ...form.trigger, cron: "0 7 * * *" } };
    expect(patchOf(taskOf(changed, task).value, changed, task)).toMatchObject({
      trigger: { cron: "0 7 * * *" },
    });
  });

  it("says of a trigger only what its kind knows", () => {
    const { trigger } = taskForm(task, "", "UTC");
    expect(Object.keys(triggerOf({ ...trigger, kind: "manual" }))).toEqual(["kind", "overlap"]);
    expect(triggerOf({ ...trigger, kind: "webhook", header: " X-Id " })).toEqual({
      kind: "webhook",
      overlap: "queue",
      dedupe_secs: 300,
      require_timestamp: false,
      header_id: "X-Id",
    });
    const lifecycle = {
      ...trigger,
      kind: "lifecycle",
      events: ["sync.failed"],
      label: "File",
    } as const;
    expect(triggerOf(lifecycle).filter).toEqual({ source_id: null, realm: null, label: null });
  });

  it("names what is missing before anybody is asked", () => {
    const form = { ...taskForm(null, "", "UTC"), more: "[1]" };
    expect([...taskOf(form, null).faults.keys()]).toEqual(["input_template", "agent_id"]);
  });
});
