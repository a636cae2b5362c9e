"use client";

import { Field, Textarea } from "@/ui/field";

const MOST_BYTES = 32 * 1024;
const encoder = new TextEncoder();

interface Props {
  value: string;
  onChange: (value: string) => void;
  fault: string | undefined;
}

/** What the model is told first, with room to write. */
export function InstructionsField({ value, onChange, fault }: Props) {
  const bytes = encoder.encode(value).length;
  const used = `${new Intl.NumberFormat("en").format(bytes)} of 32,768 bytes`;
  return (
    <Field
      label="Instructions"
      hint={bytes > MOST_BYTES ? undefined : used}
      fault={fault ?? (bytes > MOST_BYTES ? `${used}: too long` : undefined)}
    >
      {(control) => (
        <Textarea
          {...control}
          className="field-sizing-content max-h-[70vh] min-h-64 leading-relaxed"
          placeholder="You look at what changed, and say what it touches."
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
