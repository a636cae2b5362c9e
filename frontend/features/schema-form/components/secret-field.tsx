"use client";

import { use, useState } from "react";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { faultAt, isMask } from "../lib/values";
import { FormContext } from "./context";
import { Hint } from "./hint";
import type { FieldProps } from "./shape-field";

/** A secret: never shown, kept while nothing is typed, and taken away on demand. */
export function SecretField({ field, value, onChange, path }: FieldProps) {
  const { faults, disabled } = use(FormContext);
  const [stored] = useState(() => (isMask(value) ? value : undefined));
  const isKept = stored !== undefined && value === stored;
  const isRemoved = stored !== undefined && value === null;
  const note = isKept ? "Stored; type to replace it." : isRemoved ? "Will be removed." : undefined;
  return (
    <Field
      label={field.label}
      hint={<Hint text={field.hint} note={note} />}
      fault={faultAt(faults, path, true)}
    >
      {(control) => (
        <div className="flex gap-2">
          <Input
            {...control}
            type="password"
            autoComplete="new-password"
            value={typeof value === "string" && !isKept ? value : ""}
            placeholder={isKept ? String(stored) : undefined}
            onChange={({ target }) => onChange(target.value || stored)}
            disabled={disabled}
          />
          {stored !== undefined && (
            <Button
              disabled={disabled}
              aria-label={`${isRemoved ? "Keep" : "Remove"} ${field.label}`}
              onClick={() => onChange(isRemoved ? stored : null)}
            >
              {isRemoved ? "Keep" : "Remove"}
            </Button>
          )}
        </div>
      )}
    </Field>
  );
}
