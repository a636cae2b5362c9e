"use client";

import { Field } from "@/ui/field";
import { Select } from "@/ui/select";

const WAITS = [
  { value: "", label: "As chat has it" },
  { value: "300", label: "5 minutes" },
  { value: "3600", label: "An hour" },
  { value: "28800", label: "8 hours" },
  { value: "86400", label: "A day" },
  { value: "259200", label: "3 days" },
  { value: "604800", label: "A week" },
];

interface Props {
  /** Seconds; empty is as chat has it. */
  value: string;
  onChange: (wait: string) => void;
  fault: string | undefined;
}

/** How long a run waits for a person to decide. */
export function WaitField({ value, onChange, fault }: Props) {
  const isUsual = WAITS.some((wait) => wait.value === value);
  return (
    <Field label="How long a person has to decide" hint="Waiting costs nothing." fault={fault}>
      {(control) => (
        <div className="grid sm:w-64">
          <Select
            {...control}
            className="w-full"
            value={value}
            options={isUsual ? WAITS : [...WAITS, { value, label: `${value} seconds` }]}
            onChange={(event) => onChange(event.target.value)}
          />
        </div>
      )}
    </Field>
  );
}
