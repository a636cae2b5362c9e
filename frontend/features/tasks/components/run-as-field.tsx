"use client";

import { useQuery } from "@tanstack/react-query";
import { useNames } from "@/features/agents";
import { covers, useMe } from "@/features/session";
import { apiKeysListOptions, usersListOptions } from "@/lib/api/client";
import { Field } from "@/ui/field";
import { Select } from "@/ui/select";

interface Props {
  /** Empty is oneself. */
  value: string;
  onChange: (runAs: string) => void;
  fault: string | undefined;
}

/** Whose rights a run has. Only admins name somebody else. */
export function RunAsField({ value, onChange, fault }: Props) {
  const { principal, role } = useMe();
  const nameOf = useNames();
  const enabled = covers(role, "admin");
  const query = { limit: 200 };
  const users = useQuery({ ...usersListOptions({ query }), enabled });
  const keys = useQuery({ ...apiKeysListOptions({ query }), enabled });
  const others = [...(users.data?.items ?? []), ...(keys.data?.items ?? [])].map(({ id }) => id);
  const present = value || principal;
  const all = new Set([principal, present, ...others]);
  return (
    <Field
      label="Runs as"
      hint={
        enabled
          ? "Nobody with a higher role or more realms than you."
          : "An admin may name somebody else."
      }
      fault={fault}
    >
      {(control) => (
        <Select
          {...control}
          className="w-full"
          value={present}
          options={[...all].map((id) => ({ value: id, label: nameOf(id) }))}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
