"use client";

import type { Missed, Task } from "@/lib/api/client";
import { Field, Input } from "@/ui/field";
import { Moment } from "@/ui/moment";
import { Select } from "@/ui/select";
import { changed, cronOf, presetOf, type Preset } from "../lib/schedule";
import { triggerOf } from "../lib/task-form";
import { triggerInWords } from "../lib/trigger-words";
import { PresetFields } from "./preset-fields";
import type { TriggerProps } from "./trigger-fields";

const KINDS: { value: Preset["kind"]; label: string }[] = [
  { value: "minutes", label: "Every few minutes" },
  { value: "hourly", label: "Every hour" },
  { value: "daily", label: "Every day" },
  { value: "weekdays", label: "On weekdays" },
  { value: "weekly", label: "Every week" },
  { value: "monthly", label: "Every month" },
  { value: "cron", label: "By cron" },
];

const MISSED: { value: Missed; label: string }[] = [
  { value: "run_once", label: "Run the last one, if it is at most an hour old" },
  { value: "skip", label: "Skip them" },
];

const ZONES = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];

interface Props extends TriggerProps {
  before: Task | null;
}

/** When the clock sets a task off: a usual schedule or cron, and by which clock. */
export function ScheduleFields({ value, onChange, before, faults }: Props) {
  const preset: Preset = presetOf(value.cron);
  const choose = (preset: Preset) => onChange({ ...value, cron: cronOf(preset) });
  const isSaved = before?.trigger.cron === value.cron && before.trigger.timezone === value.timezone;
  return (
    <div className="grid gap-4 rounded-md border bg-sunken/40 p-3">
      <PresetFields
        // What was chosen as cron stays so while it is typed, though it may read as a usual one.
        key={before?.id}
        kinds={KINDS}
        preset={preset}
        onKind={(kind) => choose(changed(preset, kind))}
        onChange={choose}
        fault={faults.get("trigger.cron")}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Time zone" fault={faults.get("trigger.timezone")}>
          {(control) => (
            <>
              <Input
                {...control}
                list={`${control.id}-zones`}
                spellCheck={false}
                value={value.timezone}
                onChange={(event) => onChange({ ...value, timezone: event.target.value })}
              />
              <datalist id={`${control.id}-zones`}>
                {ZONES.map((zone) => (
                  <option key={zone} value={zone} />
                ))}
              </datalist>
            </>
          )}
        </Field>
        <Field label="Ticks that no server was there for" fault={faults.get("trigger.missed")}>
          {(control) => (
            <Select
              {...control}
              className="w-full"
              value={value.missed}
              options={MISSED}
              onChange={({ target }) => onChange({ ...value, missed: target.value as Missed })}
            />
          )}
        </Field>
      </div>
      <p role="status" className="text-xs text-muted">
        <span className="text-text">{triggerInWords(triggerOf(value))}</span> ·{" "}
        {isSaved && before.next_run_at ? (
          <>
            next <Moment at={before.next_run_at} /> ({new Date(before.next_run_at).toLocaleString()}{" "}
            by your clock)
          </>
        ) : (
          "the next run is reckoned when you save"
        )}
      </p>
    </div>
  );
}
