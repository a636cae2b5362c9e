"use client";

import { Check, Dot } from "lucide-react";
import { useId } from "react";
import { cn } from "@/lib/cn";
import { Field } from "@/ui/field";
import { PasswordInput } from "@/ui/password";
import { passwordRules } from "../lib/password-rules";

interface Props {
  label: string;
  value: string;
  onChange: (password: string) => void;
  /** Whose password it will be: it must not be their address. */
  email: string;
  fault?: string | undefined;
}

/** A password to have from now on, with what it must be while it is typed. */
export function NewPassword({ label, value, onChange, email, fault }: Props) {
  const rules = useId();
  return (
    <div className="grid gap-2">
      <Field label={label} fault={fault}>
        {(control) => (
          <PasswordInput
            {...control}
            aria-describedby={control["aria-describedby"] ?? rules}
            autoComplete="new-password"
            required
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
        )}
      </Field>
      <ul id={rules} className="grid gap-0.5 text-xs text-muted">
        {passwordRules(value, email).map(({ text, isKept }) => (
          <li key={text} className={cn("flex items-center gap-1.5", isKept && "text-good")}>
            {isKept ? (
              <Check className="size-3.5" aria-hidden />
            ) : (
              <Dot className="size-3.5" aria-hidden />
            )}
            {text}
            <span className="sr-only">{isKept ? ": yes" : ": not yet"}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
