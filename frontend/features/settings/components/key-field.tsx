"use client";

import type { LlmView } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { PasswordInput } from "@/ui/password";
import { hasOwnKey, type ModelForm } from "../lib/model-form";

interface Props {
  form: ModelForm;
  view: LlmView;
  /** What is typed; null leaves the stored one. */
  onChange: (key: string | null) => void;
  fault: string | undefined;
}

/** A key that is stored shows its mask alone, until one replaces it. */
export function KeyField({ form, view, onChange, fault }: Props) {
  if (form.key === null) {
    return (
      <Field label="API key" hint="Stored encrypted, and never shown again." fault={fault}>
        {(control) => (
          <span className="flex gap-2">
            <Input {...control} className="font-mono" value={view.api_key ?? ""} readOnly />
            <Button onClick={() => onChange("")}>Replace</Button>
          </span>
        )}
      </Field>
    );
  }
  const canKeep = hasOwnKey(view) && form.provider === view.provider;
  return (
    <Field
      label="API key"
      hint={canKeep ? "Empty takes the stored key away." : "Empty where the server needs none."}
      fault={fault}
    >
      {(control) => (
        <span className="flex gap-2">
          <span className="flex-1">
            <PasswordInput
              {...control}
              autoComplete="off"
              value={form.key ?? ""}
              onChange={(event) => onChange(event.target.value)}
            />
          </span>
          {canKeep && <Button onClick={() => onChange(null)}>Keep the stored one</Button>}
        </span>
      )}
    </Field>
  );
}
