"use client";

import { useQuery } from "@tanstack/react-query";
import { realmsAvailableOptions } from "@/lib/api/client";
import { Field } from "@/ui/field";
import { Select } from "@/ui/select";

interface Props {
  value: string;
  onChange: (realm: string) => void;
  /** What no realm means. */
  every: string;
  hint: string;
  fault: string | undefined;
}

/** The one realm that runs see, or every one. */
export function RealmField({ value, onChange, every, hint, fault }: Props) {
  const realms = useQuery(realmsAvailableOptions());
  const found = realms.data?.items.map(({ slug, name }) => ({ value: slug, label: name })) ?? [];
  const isThere = value === "" || found.some((realm) => realm.value === value);
  return (
    <Field label="Realm" hint={hint} fault={fault}>
      {(control) => (
        <Select
          {...control}
          className="w-full"
          value={value}
          options={[
            { value: "", label: every },
            ...found,
            ...(isThere ? [] : [{ value, label: value }]),
          ]}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
