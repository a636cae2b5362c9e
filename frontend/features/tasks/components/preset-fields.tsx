"use client";

import { useState } from "react";
import { Field, Input } from "@/ui/field";
import { Select } from "@/ui/select";
import { cronOf, MINUTES, type Preset } from "../lib/schedule";
import { ordinal } from "../lib/cron-words";

const WEEK = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const DAYS = WEEK.map((label, day) => ({ value: String(day), label }));
const DATES = Array.from({ length: 31 }, (_, at) => ({
  value: String(at + 1),
  label: `the ${ordinal(at + 1)}`,
}));
const EVERY = MINUTES.map((every) => ({ value: String(every), label: `${every} minutes` }));

interface Props {
  kinds: readonly { value: Preset["kind"]; label: string }[];
  preset: Preset;
  onKind: (kind: Preset["kind"]) => void;
  onChange: (preset: Preset) => void;
  fault: string | undefined;
}

/** A usual schedule, or cron. */
export function PresetFields({ kinds, preset, onKind, onChange, fault }: Props) {
  const [isCron, setIsCron] = useState(preset.kind === "cron");
  const shown: Preset = isCron ? { kind: "cron", cron: rawOf(preset) } : preset;
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field label="How often" fault={shown.kind === "cron" ? undefined : fault}>
        {(control) => (
          <Select
            {...control}
            className="w-full"
            value={shown.kind}
            options={kinds}
            onChange={({ target }) => {
              const kind = kinds.find(({ value }) => value === target.value)?.value ?? "daily";
              setIsCron(kind === "cron");
              onKind(kind);
            }}
          />
        )}
      </Field>
      <div className="grid grid-cols-[repeat(auto-fit,minmax(7rem,1fr))] gap-3">
        {shown.kind === "minutes" && (
          <Choice
            label="Every"
            value={shown.every}
            options={EVERY}
            onChange={(every) => onChange({ ...shown, every })}
          />
        )}
        {shown.kind === "hourly" && (
          <Field label="Minutes past">
            {(control) => (
              <Input
                {...control}
                type="number"
                min={0}
                max={59}
                value={shown.minute}
                onChange={({ target }) =>
                  onChange({ ...shown, minute: Math.min(59, Math.max(0, Number(target.value))) })
                }
              />
            )}
          </Field>
        )}
        {shown.kind === "weekly" && (
          <Choice
            label="On"
            value={shown.day}
            options={DAYS}
            onChange={(day) => onChange({ ...shown, day })}
          />
        )}
        {shown.kind === "monthly" && (
          <Choice
            label="On"
            value={shown.day}
            options={DATES}
            onChange={(day) => onChange({ ...shown, day })}
          />
        )}
        {"time" in shown && (
          <Field label="At">
            {(control) => (
              <Input
                {...control}
                type="time"
                required
                value={shown.time}
                onChange={({ target }) => onChange({ ...shown, time: target.value })}
              />
            )}
          </Field>
        )}
        {shown.kind === "cron" && (
          <Field
            label="Cron"
            hint="Minute, hour, day, month, weekday; or @hourly, @daily …"
            fault={fault}
          >
            {(control) => (
              <Input
                {...control}
                spellCheck={false}
                className="font-mono"
                value={shown.cron}
                onChange={({ target }) => onChange({ kind: "cron", cron: target.value })}
              />
            )}
          </Field>
        )}
      </div>
    </div>
  );
}

function rawOf(preset: Preset): string {
  return preset.kind === "cron" ? preset.cron : cronOf(preset);
}

interface ChoiceProps {
  label: string;
  value: number;
  options: readonly { value: string; label: string }[];
  onChange: (value: number) => void;
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <Field label={label}>
      {(control) => (
        <Select
          {...control}
          className="w-full"
          value={String(value)}
          options={options}
          onChange={({ target }) => onChange(Number(target.value))}
        />
      )}
    </Field>
  );
}
