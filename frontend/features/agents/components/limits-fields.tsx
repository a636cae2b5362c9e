"use client";

import { Field, Input } from "@/ui/field";
import type { Faults, LimitName, LimitsForm } from "../lib/guards";

interface Limit {
  name: LimitName;
  label: string;
  hint: string;
  min: number;
  max: number;
  step?: string;
  otherwise: string;
}

const RUN: readonly Limit[] = [
  {
    name: "steps",
    label: "Turns of the model",
    hint: "1 to 100",
    min: 1,
    max: 100,
    otherwise: "25",
  },
  {
    name: "tokens",
    label: "Tokens",
    hint: "Read and written together",
    min: 1_000,
    max: 10_000_000,
    otherwise: "500,000",
  },
  {
    name: "cost_usd",
    label: "Cost in US dollars",
    hint: "Where the price is known",
    min: 0,
    max: 1_000,
    step: "any",
    otherwise: "5",
  },
  {
    name: "secs",
    label: "Seconds of work",
    hint: "Waiting for a person does not count",
    min: 1,
    max: 86_400,
    otherwise: "600",
  },
];

const PER_HOUR: Limit = {
  name: "runs_per_hour",
  label: "Runs within an hour",
  hint: "What is above fails",
  min: 1,
  max: 10_000,
  otherwise: "no bound",
};

interface Props {
  value: LimitsForm;
  onChange: (value: LimitsForm) => void;
  faults: Faults;
  /** A task has one limit more, and what it leaves open is as its agent has it. */
  of: "agent" | "task";
}

/** What a run may use at most. */
export function LimitsFields({ value, onChange, faults, of }: Props) {
  const limits = of === "task" ? [...RUN, PER_HOUR] : RUN;
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      {limits.map(({ name, label, hint, min, max, step, otherwise }) => (
        <Field key={name} label={label} hint={hint} fault={faults.get(`limits.${name}`)}>
          {(control) => (
            <Input
              {...control}
              type="number"
              inputMode="decimal"
              min={min}
              max={max}
              step={step ?? 1}
              value={value[name]}
              placeholder={
                of === "task" && name !== "runs_per_hour" ? "as the agent has it" : otherwise
              }
              onChange={(event) => onChange({ ...value, [name]: event.target.value })}
            />
          )}
        </Field>
      ))}
    </div>
  );
}
