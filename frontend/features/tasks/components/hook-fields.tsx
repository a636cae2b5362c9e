"use client";

import type { Task } from "@/lib/api/client";
import { Field, Input } from "@/ui/field";
import { Switch } from "@/ui/switch";
import type { TriggerProps } from "./trigger-fields";

interface Props extends TriggerProps {
  before: Task | null;
}

/** How deliveries of a webhook are told apart and signed. */
export function HookFields({ value, onChange, before, faults }: Props) {
  return (
    <div className="grid gap-4 rounded-md border bg-sunken/40 p-3">
      <p className="text-xs text-muted">
        {before?.trigger.kind === "webhook"
          ? "Its address and its secret stay as they are."
          : "Its address and its secret are made when you save; the secret is shown once."}
      </p>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label="Header with the id of a delivery"
          hint="Such as x-github-delivery. Empty is X-Agentcy-Delivery or webhook-id."
          fault={faults.get("trigger.header_id")}
        >
          {(control) => (
            <Input
              {...control}
              spellCheck={false}
              className="font-mono"
              value={value.header}
              onChange={(event) => onChange({ ...value, header: event.target.value })}
            />
          )}
        </Field>
        <Field
          label="Equal bodies are repeats for"
          hint="Seconds, where a delivery has no id. 0 is not at all."
          fault={faults.get("trigger.dedupe_secs")}
        >
          {(control) => (
            <Input
              {...control}
              type="number"
              min={0}
              max={259_200}
              value={value.dedupe}
              onChange={(event) => onChange({ ...value, dedupe: event.target.value })}
            />
          )}
        </Field>
      </div>
      <Field
        label="Signed with their time only"
        hint="Takes Standard Webhooks alone: a signature of the body alone does not stop replay."
        fault={faults.get("trigger.require_timestamp")}
      >
        {(control) => (
          <Switch
            {...control}
            checked={value.requireTimestamp}
            onCheckedChange={(requireTimestamp) => onChange({ ...value, requireTimestamp })}
          />
        )}
      </Field>
    </div>
  );
}
