"use client";

import { RadioGroup } from "radix-ui";
import type { FieldShape } from "../lib/shape";

interface Props {
  fields: readonly FieldShape[];
  chosen: string;
  onChoose: (name: string) => void;
}

/** One of several ways to say the same: a path, or a URL. */
export function Alternatives({ fields, chosen, onChoose }: Props) {
  return (
    <Choice
      label="Give one of these"
      options={fields.map(({ name, label }) => ({ value: name, label }))}
      value={chosen}
      onChange={onChoose}
    />
  );
}

interface ChoiceProps {
  label: string;
  options: readonly { value: string; label: string }[];
  value: string;
  onChange: (value: string) => void;
}

/** A few options side by side, one of which holds. */
export function Choice({ label, options, value, onChange }: ChoiceProps) {
  return (
    <RadioGroup.Root
      aria-label={label}
      value={value}
      onValueChange={onChange}
      className="inline-flex w-fit gap-1 rounded-md bg-sunken p-1"
    >
      {options.map((option) => (
        <RadioGroup.Item
          key={option.value}
          value={option.value}
          className="rounded px-3 py-1 font-medium text-muted hover:text-text data-[state=checked]:bg-raised data-[state=checked]:text-text data-[state=checked]:shadow-sm"
        >
          {option.label}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}
