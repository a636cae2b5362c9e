"use client";

import { useQuery } from "@tanstack/react-query";
import { RealmField } from "@/features/agents";
import { sourcesListOptions, type LifecycleEvent } from "@/lib/api/client";
import { Field, Input } from "@/ui/field";
import { Select } from "@/ui/select";
import { EVENTS } from "../lib/trigger-words";
import type { TriggerProps } from "./trigger-fields";

const ORDER = Object.keys(EVENTS) as LifecycleEvent[];

/** What may happen to set a task off, and which of it. */
export function LifecycleFields({ value, onChange, faults }: TriggerProps) {
  const sources = useQuery(sourcesListOptions({ query: { limit: 200 } }));
  const toggle = (event: LifecycleEvent) =>
    onChange({
      ...value,
      events: value.events.includes(event)
        ? value.events.filter((one) => one !== event)
        : [...value.events, event],
    });
  const found = sources.data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? [];
  const isThere = value.source === "" || found.some((one) => one.value === value.source);
  return (
    <div className="grid gap-4 rounded-md border bg-sunken/40 p-3">
      <fieldset className="grid gap-1">
        <legend className="font-medium">When</legend>
        <div className="grid gap-x-4 sm:grid-cols-2">
          {ORDER.map((event) => (
            <label key={event} className="flex min-h-7 cursor-pointer items-center gap-2">
              <input
                type="checkbox"
                className="accent-accent"
                checked={value.events.includes(event)}
                onChange={() => toggle(event)}
              />
              {EVENTS[event]}
            </label>
          ))}
        </div>
        {faults.has("trigger.events") && (
          <p role="alert" className="text-xs text-bad">
            {faults.get("trigger.events")}
          </p>
        )}
      </fieldset>
      <div className="grid gap-4 sm:grid-cols-2">
        <RealmField
          value={value.realm}
          onChange={(realm) => onChange({ ...value, realm })}
          every="Any that it sees"
          hint="Only what happens there."
          fault={faults.get("trigger.filter.realm")}
        />
        <Field
          label="Source"
          hint="Only what it caused."
          fault={faults.get("trigger.filter.source_id")}
        >
          {(control) => (
            <Select
              {...control}
              className="w-full"
              value={value.source}
              options={[
                { value: "", label: "Any" },
                ...found,
                ...(isThere ? [] : [{ value: value.source, label: "One that is gone" }]),
              ]}
              onChange={(event) => onChange({ ...value, source: event.target.value })}
            />
          )}
        </Field>
        {value.events.includes("graph.changed") && (
          <Field
            label="Label"
            hint="Only changes of nodes with it."
            fault={faults.get("trigger.filter.label")}
          >
            {(control) => (
              <Input
                {...control}
                placeholder="Service"
                value={value.label}
                onChange={(event) => onChange({ ...value, label: event.target.value })}
              />
            )}
          </Field>
        )}
      </div>
    </div>
  );
}
