"use client";

import { useId, type ComponentProps, type ReactNode } from "react";
import { cn } from "@/lib/cn";

const box =
  "w-full rounded-md border bg-surface px-3 py-2 placeholder:text-muted/70 disabled:opacity-60 aria-invalid:border-bad";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={cn(box, "h-9", className)} {...rest} />;
}

export function Textarea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea className={cn(box, "min-h-20", className)} {...rest} />;
}

interface Props {
  label: string;
  hint?: ReactNode;
  fault?: string | undefined;
  /** Draws the control with what ties it to its label, hint and fault. */
  children: (control: {
    id: string;
    "aria-describedby": string | undefined;
    "aria-invalid": true | undefined;
  }) => ReactNode;
}

/** A control with its label, a hint, and what is wrong with it. */
export function Field({ label, hint, fault, children }: Props) {
  const id = useId();
  const note = `${id}-note`;
  const told = fault ?? hint;
  return (
    <div className="grid content-start gap-1.5">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      {children({
        id,
        "aria-describedby": told ? note : undefined,
        "aria-invalid": fault ? true : undefined,
      })}
      {told && (
        <p
          id={note}
          role={fault ? "alert" : undefined}
          className={cn("text-xs first-letter:uppercase", fault ? "text-bad" : "text-muted")}
        >
          {told}
        </p>
      )}
    </div>
  );
}
