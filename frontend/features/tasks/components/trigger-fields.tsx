"use client";

import { Field } from "@/ui/field";
import { Select } from "@/ui/select";
import type { Faults } from "@/features/agents";
import type { Overlap, Task, TriggerKind } from "@/lib/api/client";
import type { TriggerForm } from "../lib/task-form";
import { KINDS } from "../lib/trigger-words";
import { HookFields } from "./hook-fields";
import { LifecycleFields } from "./lifecycle-fields";
import { ScheduleFields } from "./schedule-fields";

const ORDER: readonly TriggerKind[] = ["manual", "schedule", "webhook", "lifecycle"];

const OVERLAPS: { value: Overlap; label: string }[] = [
  { value: "skip", label: "Skip the new one" },
  { value: "queue", label: "Let it wait for its turn" },
  { value: "cancel_previous", label: "Stop the one that goes on" },
];

export interface TriggerProps {
  value: TriggerForm;
  onChange: (value: TriggerForm) => void;
  faults: Faults;
}

interface Props extends TriggerProps {
  before: Task | null;
}

/** What sets a task off. */
export function TriggerFields({ value, onChange, before, faults }: Props) {
  return (
    <>
      <fieldset>
        <legend className="sr-only">What sets it off</legend>
        <div className="grid gap-2 sm:grid-cols-2">
          {ORDER.map((kind) => (
            <label
              key={kind}
              className="grid cursor-pointer grid-cols-[auto_1fr] items-center gap-x-3 rounded-md border px-3 py-2 hover:bg-sunken/60 has-checked:border-accent has-checked:bg-accent-soft"
            >
              <input
                type="radio"
                name="trigger-kind"
                className="accent-accent"
                checked={value.kind === kind}
                onChange={() => onChange({ ...value, kind })}
              />
              <span className="font-medium">{KINDS[kind].name}</span>
              <span className="col-start-2 text-xs text-muted">{KINDS[kind].means}</span>
            </label>
          ))}
        </div>
      </fieldset>
      {value.kind === "schedule" && (
        <ScheduleFields value={value} onChange={onChange} before={before} faults={faults} />
      )}
      {value.kind === "webhook" && (
        <HookFields value={value} onChange={onChange} before={before} faults={faults} />
      )}
      {value.kind === "lifecycle" && (
        <LifecycleFields value={value} onChange={onChange} faults={faults} />
      )}
      <Field
        label="While another run of it goes on"
        fault={faults.get("trigger.overlap") ?? faults.get("trigger")}
      >
        {(control) => (
          <div className="grid sm:w-64">
            <Select
              {...control}
              className="w-full"
              value={value.overlap}
              options={OVERLAPS}
              onChange={({ target }) => onChange({ ...value, overlap: target.value as Overlap })}
            />
          </div>
        )}
      </Field>
    </>
  );
}
