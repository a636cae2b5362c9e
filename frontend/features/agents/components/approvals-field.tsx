"use client";

import { useId } from "react";
import type { ApprovalDefaults, Effect } from "@/lib/api/client";
import { Badge } from "@/ui/badge";
import { Select } from "@/ui/select";
import { EFFECTS } from "../lib/tools";

const CHOICES = [
  { value: "allow", label: "At once" },
  { value: "approve", label: "Ask a person" },
] as const;

const ORDER: readonly Effect[] = ["read", "write", "destructive"];
const FIRST: ApprovalDefaults = { read: "allow", write: "approve", destructive: "approve" };

interface Props {
  value: ApprovalDefaults | null;
  onChange: (value: ApprovalDefaults | null) => void;
  /** Whose word holds otherwise: "the org". */
  otherwise: string;
  fault: string | undefined;
}

/** What tools may do without asking, by what they change. */
export function ApprovalsField({ value, onChange, otherwise, fault }: Props) {
  const own = useId();
  return (
    <div className="grid gap-3">
      <div className="grid sm:w-64">
        <Select
          aria-label="What tools may do without asking"
          className="w-full"
          value={value ? "own" : "otherwise"}
          options={[
            { value: "otherwise", label: `As ${otherwise} has it` },
            { value: "own", label: "Rules of its own" },
          ]}
          onChange={(event) => onChange(event.target.value === "own" ? (value ?? FIRST) : null)}
        />
      </div>
      {value && (
        <ul className="grid gap-2">
          {ORDER.map((effect) => (
            <li key={effect} className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <label
                htmlFor={`${own}-${effect}`}
                className="flex flex-1 basis-56 items-center gap-2"
              >
                <Badge tone={EFFECTS[effect].tone}>{EFFECTS[effect].name}</Badge>
                <span className="text-xs text-muted">{EFFECTS[effect].means}</span>
              </label>
              <Select
                id={`${own}-${effect}`}
                className="w-40"
                value={value[effect]}
                options={CHOICES}
                onChange={(event) =>
                  onChange({ ...value, [effect]: event.target.value as ApprovalDefaults[Effect] })
                }
              />
            </li>
          ))}
        </ul>
      )}
      <p className="text-xs text-muted">
        “At once” holds only until a run has read text from tools or triggers: after that, what
        changes something waits for a person or a standing approval.
      </p>
      {fault && (
        <p role="alert" className="text-xs text-bad">
          {fault}
        </p>
      )}
    </div>
  );
}
