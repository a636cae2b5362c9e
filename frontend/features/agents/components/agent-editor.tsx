"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { toast } from "@/ui/toast";
import { covers, useMe } from "@/features/session";
import {
  agentsCreateMutation,
  agentsListQueryKey,
  agentsReadQueryKey,
  agentsUpdateMutation,
  type Agent,
} from "@/lib/api/client";
import { Card } from "@/ui/card";
import { Field, Input } from "@/ui/field";
import { FormSection } from "@/ui/form-section";
import { agentForm, agentOf } from "../lib/agent-form";
import type { Faults } from "../lib/guards";
import { faultsOf } from "../lib/faults";
import { ApprovalsField } from "./approvals-field";
import { InstructionsField } from "./instructions-field";
import { LimitsFields } from "./limits-fields";
import { RealmField } from "./realm-field";
import { SaveBar } from "./save-bar";
import { StandingFields } from "./standing-fields";
import { ToolsField } from "./tools-field";

interface Props {
  /** Null is a new one. */
  agent: Agent | null;
  onSaved: (agent: Agent) => void;
}

const NO_FAULTS: Faults = new Map();
// What went wrong stands in the form.
const QUIET = { meta: { quiet: true } };

/** An agent as a form: who it is, what it may use, and what bounds it. */
export function AgentEditor({ agent, onSaved }: Props) {
  const { role } = useMe();
  const mayWrite = covers(role, "member");
  const [form, setForm] = useState(() => agentForm(agent));
  const [local, setLocal] = useState(NO_FAULTS);
  const queries = useQueryClient();
  const saved = (agent: Agent) => {
    void queries.invalidateQueries({ queryKey: agentsListQueryKey() });
    queries.setQueryData(agentsReadQueryKey({ path: { agent_id: agent.id } }), agent);
    toast.success(`${agent.name} is saved.`);
    onSaved(agent);
  };
  const create = useMutation({ ...agentsCreateMutation(), ...QUIET, onSuccess: saved });
  const update = useMutation({ ...agentsUpdateMutation(), ...QUIET, onSuccess: saved });
  const { error, isPending } = agent ? update : create;
  const faults = new Map([...faultsOf(error), ...local]);

  function submit(event: FormEvent) {
    event.preventDefault();
    const { value: body, faults } = agentOf(form, agent);
    setLocal(faults);
    if (faults.size > 0) return;
    if (agent) update.mutate({ path: { agent_id: agent.id }, body });
    else create.mutate({ body });
  }

  return (
    <Card>
      <form onSubmit={submit} noValidate>
        <fieldset disabled={!mayWrite} className="contents">
          <FormSection title="Who it is" note="What it is told first decides most of what it does.">
            <Field label="Name" fault={faults.get("name")}>
              {(control) => (
                <Input
                  {...control}
                  required
                  maxLength={100}
                  placeholder="reviewer"
                  value={form.name}
                  onChange={(event) => setForm({ ...form, name: event.target.value })}
                />
              )}
            </Field>
            <InstructionsField
              value={form.instructions}
              onChange={(instructions) => setForm({ ...form, instructions })}
              fault={faults.get("instructions")}
            />
            <Field label="Model" hint="Empty is the model of the org." fault={faults.get("model")}>
              {(control) => (
                <Input
                  {...control}
                  placeholder="the org’s"
                  value={form.model}
                  onChange={(event) => setForm({ ...form, model: event.target.value })}
                />
              )}
            </Field>
          </FormSection>
          <FormSection
            title="What it may use"
            note="A run has the rights of whoever starts it, narrowed by this."
          >
            <ToolsField
              value={form.tools}
              onChange={(tools) => setForm({ ...form, tools })}
              fault={firstOf(faults, "tools")}
            />
            <RealmField
              value={form.realm}
              onChange={(realm) => setForm({ ...form, realm })}
              every="Every realm of whoever starts it"
              hint="What lies elsewhere does not exist for it."
              fault={faults.get("realm")}
            />
          </FormSection>
          <FormSection title="Limits of a run" note="It ends when the first of them is reached.">
            <LimitsFields
              of="agent"
              value={form.limits}
              onChange={(limits) => setForm({ ...form, limits })}
              faults={faults}
            />
          </FormSection>
          <FormSection title="Approvals" note="Whether what its tools do waits for a person.">
            <ApprovalsField
              otherwise="the org"
              value={form.approvals}
              onChange={(approvals) => setForm({ ...form, approvals })}
              fault={faults.get("approval_defaults")}
            />
          </FormSection>
          <FormSection
            title="Standing approvals"
            note="Calls that an admin agrees to before they are made, also of runs that have read text of strangers."
          >
            <StandingFields
              value={form.standing}
              onChange={(standing) => setForm({ ...form, standing })}
              faults={faults}
              mayAgree={covers(role, "admin")}
            />
          </FormSection>
        </fieldset>
        <SaveBar
          label={agent ? "Save" : "Create the agent"}
          busy={isPending}
          refused={mayWrite ? undefined : "Viewers read agents; members change them."}
          error={error}
          faulty={faults.size > 0}
        />
      </form>
    </Card>
  );
}

/** The fault of a field, or of something in it. */
function firstOf(faults: Faults, path: string): string | undefined {
  for (const [at, message] of faults) {
    if (at === path || at.startsWith(`${path}[`)) return message;
  }
  return undefined;
}
