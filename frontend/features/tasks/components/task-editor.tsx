"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { toast } from "@/ui/toast";
import {
  ApprovalsField,
  faultsOf,
  LimitsFields,
  RealmField,
  SaveBar,
  StandingFields,
  type Faults,
} from "@/features/agents";
import { covers, useMe } from "@/features/session";
import {
  tasksCreateMutation,
  tasksListQueryKey,
  tasksReadQueryKey,
  tasksUpdateMutation,
  type Task,
} from "@/lib/api/client";
import { Card } from "@/ui/card";
import { Field, Input } from "@/ui/field";
import { FormSection } from "@/ui/form-section";
import { patchOf, taskForm, taskOf, type TaskForm } from "../lib/task-form";
import { AgentField } from "./agent-field";
import { RunAsField } from "./run-as-field";
import { TemplateField } from "./template-field";
import { TriggerFields } from "./trigger-fields";
import { WaitField } from "./wait-field";

interface Props {
  /** Null is a new one. */
  task: Task | null;
  /** The agent that a new one starts with. */
  agent: string;
  /** The task, with the secret of its webhook where that is new. */
  onSaved: (task: Task) => void;
}

const NO_FAULTS: Faults = new Map();
// What went wrong stands in the form, and a secret in an answer is not kept.
const QUIET = { meta: { quiet: true }, gcTime: 0 };

/** A task as a form: who does what, when, and within which bounds. */
export function TaskEditor({ task, agent, onSaved }: Props) {
  const { role } = useMe();
  const mayWrite = covers(role, "member");
  const mayAgree = covers(role, "admin");
  const [form, setForm] = useState(() => taskForm(task, agent, ownZone()));
  const [local, setLocal] = useState(NO_FAULTS);
  const queries = useQueryClient();
  const saved = (task: Task) => {
    void queries.invalidateQueries({ queryKey: tasksListQueryKey() });
    // A secret is shown once and kept nowhere.
    const kept = { ...task, trigger: { ...task.trigger, secret: null } };
    queries.setQueryData(tasksReadQueryKey({ path: { task_id: task.id } }), kept);
    toast.success(`${task.name} is saved.`);
    onSaved(task);
  };
  const create = useMutation({ ...tasksCreateMutation(), ...QUIET, onSuccess: saved });
  const update = useMutation({ ...tasksUpdateMutation(), ...QUIET, onSuccess: saved });
  const { error, isPending } = task ? update : create;
  const faults = new Map([...faultsOf(error), ...local]);
  const change = (to: Partial<TaskForm>) => setForm({ ...form, ...to });

  function submit(event: FormEvent) {
    event.preventDefault();
    const { value, faults } = taskOf(form, task);
    setLocal(faults);
    if (faults.size > 0) return;
    if (!task) create.mutate({ body: value });
    else update.mutate({ path: { task_id: task.id }, body: patchOf(value, form, task) });
  }

  return (
    <Card>
      <form onSubmit={submit} noValidate>
        <fieldset disabled={!mayWrite} className="contents">
          <FormSection title="What it is" note="An agent does it.">
            <Field label="Name" fault={faults.get("name")}>
              {(control) => (
                <Input
                  {...control}
                  required
                  maxLength={100}
                  placeholder="morning report"
                  value={form.name}
                  onChange={(event) => change({ name: event.target.value })}
                />
              )}
            </Field>
            <AgentField
              value={form.agent}
              onChange={(agent) => change({ agent })}
              fault={faults.get("agent_id")}
            />
          </FormSection>
          <FormSection title="What sets it off" note="Every task can also be run by hand.">
            <TriggerFields
              value={form.trigger}
              onChange={(trigger) => change({ trigger })}
              before={task}
              faults={faults}
            />
          </FormSection>
          <FormSection
            title="What it is told"
            note="A text with places that are filled in when it runs. What came from elsewhere stands between marks, as material and no instruction."
          >
            <TemplateField
              kind={form.trigger.kind}
              prompt={form.prompt}
              more={form.more}
              onChange={change}
              faults={faults}
            />
          </FormSection>
          <FormSection
            title="In whose name"
            note="A run has the rights of this person or key, looked at anew each time."
          >
            <RunAsField
              value={form.runAs}
              onChange={(runAs) => change({ runAs })}
              fault={faults.get("run_as")}
            />
            <RealmField
              value={form.realm}
              onChange={(realm) => change({ realm })}
              every="Every realm that it runs as"
              hint="Only who sees the realm sees the task."
              fault={faults.get("realm")}
            />
          </FormSection>
          <FormSection title="Limits" note="Of each run; and how many begin within an hour.">
            <LimitsFields
              of="task"
              value={form.limits}
              onChange={(limits) => change({ limits })}
              faults={faults}
            />
          </FormSection>
          <FormSection
            title="Approvals"
            note="A run that a webhook or an event set off has read text of strangers from its first step on: what changes something is asked."
          >
            <ApprovalsField
              otherwise="its agent"
              value={form.approvals}
              onChange={(approvals) => change({ approvals })}
              fault={faults.get("approval_defaults")}
            />
            <WaitField
              value={form.wait}
              onChange={(wait) => change({ wait })}
              fault={faults.get("approval_timeout_secs")}
            />
          </FormSection>
          <FormSection
            title="Standing approvals"
            note="Calls that an admin agrees to before they are made. Those of the agent count as well."
          >
            <StandingFields
              value={form.standing}
              onChange={(standing) => change({ standing })}
              faults={faults}
              mayAgree={mayAgree}
            />
          </FormSection>
        </fieldset>
        <SaveBar
          label={task ? "Save" : "Create the task"}
          busy={isPending}
          refused={mayWrite ? undefined : "Viewers read tasks; members change them."}
          error={error}
          faulty={faults.size > 0}
        />
      </form>
    </Card>
  );
}

function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}
