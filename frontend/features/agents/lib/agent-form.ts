// An agent as it is being written.
import type { Agent, AgentCreate, ApprovalDefaults } from "@/lib/api/client";
import {
  limitsForm,
  limitsOf,
  standingForm,
  standingOf,
  type Faults,
  type LimitsForm,
  type StandingForm,
} from "./guards";

export interface AgentForm {
  name: string;
  instructions: string;
  model: string;
  /** Null is every tool. */
  tools: readonly string[] | null;
  /** Empty is every realm of whoever starts it. */
  realm: string;
  limits: LimitsForm;
  approvals: ApprovalDefaults | null;
  standing: readonly StandingForm[];
}

/** The fields of an agent, or those of a new one. */
export function agentForm(agent: Agent | null): AgentForm {
  return {
    name: agent?.name ?? "",
    instructions: agent?.instructions ?? "",
    model: agent?.model ?? "",
    tools: agent && agent.tools.length > 0 ? agent.tools : null,
    realm: agent?.realm ?? "",
    limits: limitsForm(agent?.limits ?? {}),
    approvals: agent?.approval_defaults ?? null,
    standing: agent?.standing_approvals.map(standingForm) ?? [],
  };
}

/** What the fields say, whole, and what is wrong with them before anybody was asked. */
export function agentOf(
  form: AgentForm,
  before: Agent | null,
): { value: AgentCreate; faults: Faults } {
  const standing = standingOf(form.standing, before?.standing_approvals ?? []);
  const faults = new Map(standing.faults);
  if (form.tools?.length === 0) faults.set("tools", "Choose at least one tool, or every tool.");
  const limits = limitsOf(form.limits);
  const value: AgentCreate = {
    name: form.name.trim(),
    instructions: form.instructions,
    model: form.model.trim() || null,
    tools: [...(form.tools ?? [])],
    realm: form.realm || null,
    limits,
    approval_defaults: form.approvals,
    standing_approvals: standing.value,
  };
  return { value, faults };
}
