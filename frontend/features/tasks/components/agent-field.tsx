"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { agentsListOptions } from "@/lib/api/client";
import { Field } from "@/ui/field";
import { Select } from "@/ui/select";

interface Props {
  value: string;
  onChange: (agent: string) => void;
  fault: string | undefined;
}

/** The agent that does a task. */
export function AgentField({ value, onChange, fault }: Props) {
  const agents = useQuery(agentsListOptions({ query: { limit: 200 } }));
  const found = agents.data?.items ?? [];
  const chosen = found.find(({ id }) => id === value);
  const options = found.map(({ id, name }) => ({ value: id, label: name }));
  if (value === "") options.unshift({ value: "", label: "Choose one" });
  else if (!chosen)
    options.unshift({ value, label: agents.isPending ? "…" : "An agent that is gone" });
  const hint =
    agents.data && found.length === 0 ? (
      <>
        There is none yet.{" "}
        <Link href="/agents/?new=1" className="text-accent hover:underline">
          Make one
        </Link>
      </>
    ) : (
      chosen?.instructions.slice(0, 160)
    );
  return (
    <Field label="Agent" hint={hint} fault={fault}>
      {(control) => (
        <Select
          {...control}
          className="w-full"
          value={value}
          options={options}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
