"use client";

import { use, useState } from "react";
import { Field, Textarea } from "@/ui/field";
import { faultAt, Unread } from "../lib/values";
import { FormContext } from "./context";
import { Hint } from "./hint";
import type { FieldProps } from "./shape-field";

/** A value that no control draws, written as JSON. */
export function JsonField({ field, value, onChange, path }: FieldProps) {
  const { faults, disabled } = use(FormContext);
  const [text, setText] = useState(() =>
    value === undefined ? "" : JSON.stringify(value, null, 2),
  );

  function change(text: string) {
    setText(text);
    onChange(text.trim() === "" ? undefined : read(text));
  }

  return (
    <Field
      label={field.label}
      hint={<Hint text={field.hint} note="As JSON." />}
      fault={faultAt(faults, path, true)}
    >
      {(control) => (
        <Textarea
          {...control}
          className="field-sizing-content font-mono text-xs"
          value={text}
          placeholder={field.initial === undefined ? undefined : JSON.stringify(field.initial)}
          onChange={({ target }) => change(target.value)}
          disabled={disabled}
          spellCheck={false}
        />
      )}
    </Field>
  );
}

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return new Unread(text);
  }
}
