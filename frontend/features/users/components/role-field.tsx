"use client";

import { covers, ROLES, useMe } from "@/features/session";
import type { Role } from "@/lib/api/client";
import { Field } from "@/ui/field";
import { Select } from "@/ui/select";

const MAY: Record<Role, string> = {
  viewer: "Reads, and chats with tools that only read.",
  member: "Makes and changes sources, agents and tasks.",
  admin: "Also manages people, keys and settings.",
  owner: "Everything. The last owner stays.",
};

interface Props {
  value: Role;
  onChange: (role: Role) => void;
  fault?: string | undefined;
}

/** What somebody may do; not more than who gives it. */
export function RoleField({ value, onChange, fault }: Props) {
  const { role: own } = useMe();
  const given = ROLES.filter((role) => covers(own, role));
  return (
    <Field label="Role" hint={MAY[value]} fault={fault}>
      {(control) => (
        <Select
          {...control}
          value={value}
          onChange={(event) => onChange(ROLES[ROLES.indexOf(event.target.value as Role)] ?? value)}
          options={given.map((role) => ({ value: role, label: role }))}
        />
      )}
    </Field>
  );
}
