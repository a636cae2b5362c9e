"use client";

import { Plus, Trash2 } from "lucide-react";
import { Button } from "@/ui/button";
import { Field, Input, Textarea } from "@/ui/field";
import { newStanding, type Faults, type StandingForm } from "../lib/guards";
import { StandingTool } from "./standing-tool";

interface Props {
  value: readonly StandingForm[];
  onChange: (value: readonly StandingForm[]) => void;
  faults: Faults;
  /** Only admins agree to calls beforehand. */
  mayAgree: boolean;
}

/** Calls that an admin agrees to before they are made. */
export function StandingFields({ value, onChange, faults, mayAgree }: Props) {
  const change = (at: number, to: Partial<StandingForm>) =>
    onChange(value.map((one, index) => (index === at ? { ...one, ...to } : one)));
  const fault = (at: number, name: string) => faults.get(`standing_approvals[${at}].${name}`);
  return (
    <div className="grid gap-3">
      {value.length === 0 && <p className="text-muted">None. What changes something is asked.</p>}
      {value.map((one, at) => (
        <fieldset
          key={at}
          disabled={!mayAgree}
          className="grid gap-3 rounded-md border bg-sunken/40 p-3"
        >
          <legend className="sr-only">Standing approval {at + 1}</legend>
          <StandingTool
            value={one}
            onChange={(to) => change(at, to)}
            faultOf={(name) => fault(at, name)}
          />
          <Field
            label="The arguments must fit"
            hint="A JSON Schema. For a tool that destroys it gives each argument one value."
            fault={fault(at, "args_schema")}
          >
            {(control) => (
              <Textarea
                {...control}
                spellCheck={false}
                className="min-h-28 font-mono text-xs"
                value={one.args_schema}
                onChange={(event) => change(at, { args_schema: event.target.value })}
              />
            )}
          </Field>
          <div className="grid gap-3 sm:grid-cols-2">
            <Field label="Calls a day" hint="By UTC" fault={fault(at, "max_per_day")}>
              {(control) => (
                <Input
                  {...control}
                  type="number"
                  min={1}
                  max={10_000}
                  value={one.max_per_day}
                  onChange={(event) => change(at, { max_per_day: event.target.value })}
                />
              )}
            </Field>
            <Field label="Until" fault={fault(at, "expires_at")}>
              {(control) => (
                <Input
                  {...control}
                  type="datetime-local"
                  value={one.expires_at}
                  onChange={(event) => change(at, { expires_at: event.target.value })}
                />
              )}
            </Field>
          </div>
          <Button
            size="sm"
            kind="danger"
            className="justify-self-start"
            disabled={!mayAgree}
            onClick={() => onChange(value.filter((_, index) => index !== at))}
          >
            <Trash2 /> Take it back
          </Button>
        </fieldset>
      ))}
      <div className="flex flex-wrap items-center gap-3">
        <Button
          size="sm"
          disabled={!mayAgree}
          onClick={() => onChange([...value, newStanding(new Date())])}
        >
          <Plus /> Agree to a call beforehand
        </Button>
        {!mayAgree && <span className="text-xs text-muted">Only admins agree beforehand.</span>}
      </div>
    </div>
  );
}
