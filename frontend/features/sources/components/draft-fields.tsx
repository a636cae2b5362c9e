"use client";

import { useMemo, type ReactNode } from "react";
import { Choice, SchemaForm } from "@/features/schema-form";
import type { SourceKind } from "@/lib/api/client";
import { Field, Input } from "@/ui/field";
import { FormSection } from "@/ui/form-section";
import { Select } from "@/ui/select";
import { configSchema, leadOf, takesCredentials, type Draft } from "../lib/draft";

interface Props {
  kind: SourceKind;
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  faults: ReadonlyMap<string, string>;
  realms: readonly string[];
  /** The names that the records of the file have. */
  fields?: readonly string[] | undefined;
  /** Where a file is chosen, for kinds that take one. */
  content: ReactNode;
  disabled?: boolean;
}

/** Everything that a source asks for, in the order in which one thinks of it. */
export function DraftFields(props: Props) {
  const { kind, draft, change, faults, realms, fields, content, disabled = false } = props;
  const schema = useMemo(() => configSchema(kind, draft.from), [kind, draft.from]);
  const suggest = useMemo(() => (fields ? fieldNames(fields) : {}), [fields]);
  return (
    <>
      {kind.uploads && (
        <FormSection title="File" note="Where the records are.">
          <Choice
            label="Where the records are"
            options={[
              { value: "upload", label: "Upload a file" },
              { value: "url", label: "Fetch from a URL" },
            ]}
            value={draft.from}
            onChange={(from) => change({ from: from === "url" ? "url" : "upload" })}
          />
          {draft.from === "upload" && content}
        </FormSection>
      )}
      <FormSection title={kind.uploads ? "Records" : "Settings"} note={noteOf(kind)}>
        <SchemaForm
          schema={schema}
          value={draft.config}
          onChange={(config) => change({ config })}
          path="config"
          faults={faults}
          lead={leadOf(kind)}
          suggest={suggest}
          disabled={disabled}
        />
      </FormSection>
      {takesCredentials(kind, draft) && (
        <FormSection
          title="Credentials"
          note="Kept encrypted, and never shown again. Leave them blank where none are needed."
        >
          <SchemaForm
            schema={kind.credential_schema}
            value={draft.credentials}
            onChange={(credentials) => change({ credentials })}
            path="credentials"
            faults={faults}
            disabled={disabled}
            secret
          />
        </FormSection>
      )}
      <FormSection title="Name and realm" note="A realm is who may see it.">
        <Field
          label="Name"
          fault={faults.get("name")}
          hint="Agents and people call the source by this name."
        >
          {(control) => (
            <Input
              {...control}
              value={draft.name}
              maxLength={100}
              onChange={({ target }) => change({ name: target.value })}
              disabled={disabled}
              autoComplete="off"
            />
          )}
        </Field>
        <Field
          label="Realm"
          fault={faults.get("realm")}
          hint="Everything that it says of the graph lies here."
        >
          {(control) => (
            <Select
              {...control}
              options={realms.map((realm) => ({ value: realm, label: realm }))}
              value={draft.realm}
              onChange={({ target }) => change({ realm: target.value })}
              disabled={disabled}
            />
          )}
        </Field>
      </FormSection>
    </>
  );
}

function noteOf(kind: SourceKind): string {
  if (kind.uploads) return "What a record is, and how records hang together.";
  return kind.syncs ? "What is read." : "What is called, and what of that only reads.";
}

function fieldNames(fields: readonly string[]) {
  return Object.fromEntries(
    ["key", "name", "valid_from", "relations[].field"].map((path) => [`config.${path}`, fields]),
  );
}
