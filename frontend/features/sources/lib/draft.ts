// A source as it stands in its form, and what of it is sent.
import { problemsOf, sendable, type Values } from "@/features/schema-form";
import type { Source, SourceCreate, SourceKind, SourcePatch } from "@/lib/api/client";

export interface Draft {
  name: string;
  realm: string;
  config: Values;
  credentials: Values;
  /** Where the records come from, for kinds that take a file. */
  from: "upload" | "url";
}

/** The settings of a source. */
export function configOf(source: Source): Values {
  return (source.config ?? {}) as Values;
}

export function newDraft(kind: SourceKind, realms: readonly string[]): Draft {
  const realm = kind.source_type === "git" ? "development" : "data";
  return {
    name: "",
    realm: realms.includes(realm) ? realm : (realms[0] ?? ""),
    config: {},
    credentials: {},
    from: "upload",
  };
}

export function draftOf(source: Source): Draft {
  const config = configOf(source);
  return {
    name: source.name,
    realm: source.realm,
    config,
    credentials: source.credentials,
    from: typeof config.url === "string" ? "url" : "upload",
  };
}

/** The schema of the settings, as far as the form asks for them. */
export function configSchema(kind: SourceKind, from: Draft["from"]): unknown {
  if (!kind.uploads) return kind.config_schema;
  const schema = kind.config_schema as { properties?: Values; required?: string[] };
  const properties = { ...schema.properties };
  if (from === "upload") {
    delete properties.url;
    return { ...schema, properties };
  }
  return { ...schema, properties, required: ["url", ...(schema.required ?? [])] };
}

/** What is asked first, even if it may be left out. */
const LEAD: Record<string, readonly string[]> = {
  csv: ["url", "key", "label", "name", "relations"],
  json: ["url", "key", "label", "name", "path", "relations"],
  http: ["base_url", "read_paths", "headers"],
  postgres: ["url", "schemas"],
};

export function leadOf(kind: SourceKind): readonly string[] {
  return LEAD[kind.source_type] ?? [];
}

/** Whether there is anything to ask for beside the settings. */
export function takesCredentials(kind: SourceKind, draft: Draft): boolean {
  if (kind.uploads) return draft.from === "url";
  return !(kind.source_type === "git" && draft.config.url === undefined);
}

/** What is wrong before anything is sent. */
export function draftFaults(kind: SourceKind, draft: Draft, file: File | null, isNew: boolean) {
  const faults = problemsOf(configSchema(kind, draft.from), draft.config, "config");
  if (!draft.name.trim()) faults.set("name", "A name is needed.");
  if (isNew && kind.uploads && draft.from === "upload" && !file) {
    faults.set("content", "Choose a file.");
  }
  return faults;
}

export function createOf(kind: SourceKind, draft: Draft): SourceCreate {
  const credentials = takesCredentials(kind, draft) ? secretsOf(kind, draft) : {};
  return {
    source_type: kind.source_type,
    name: draft.name.trim(),
    realm: draft.realm,
    config: sentConfig(kind, draft),
    ...(Object.keys(credentials).length > 0 && { credentials }),
  };
}

/** Only what changed: what is sent is tried, and needs the source to answer. */
export function patchOf(kind: SourceKind, source: Source, draft: Draft): SourcePatch {
  const config = sentConfig(kind, draft);
  const credentials = secretsOf(kind, draft);
  const changed = Object.fromEntries(
    Object.entries(credentials).filter(([name, value]) => value !== source.credentials[name]),
  );
  return {
    ...(draft.name.trim() !== source.name && { name: draft.name.trim() }),
    ...(draft.realm !== source.realm && { realm: draft.realm }),
    ...(!isSame(config, configOf(source)) && { config }),
    ...(Object.keys(changed).length > 0 && { credentials: changed }),
  };
}

function sentConfig(kind: SourceKind, draft: Draft): Values {
  const config = sendable(configSchema(kind, draft.from), draft.config);
  if (kind.uploads && draft.from === "upload") delete config.url;
  return config;
}

function secretsOf(kind: SourceKind, draft: Draft) {
  const sent = sendable(kind.credential_schema, draft.credentials, true);
  return sent as Record<string, string | null>;
}

function isSame(one: unknown, other: unknown): boolean {
  return sorted(one) === sorted(other);
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(
          Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)),
        )
      : part,
  );
}

/** What was said of a draft, as long as what it was said of still stands there. */
export function stillTrue(
  faults: ReadonlyMap<string, string>,
  then: Draft,
  now: Draft,
): ReadonlyMap<string, string> {
  return new Map([...faults].filter(([path]) => isSame(at(then, path), at(now, path))));
}

function at(draft: Draft, path: string): unknown {
  // A credential may have a dot in its name.
  const steps = path.startsWith("credentials.")
    ? ["credentials", path.slice("credentials.".length)]
    : path.split(/[.[\]]+/).filter(Boolean);
  let value: unknown = draft;
  for (const step of steps) value = (value as Values | null | undefined)?.[step];
  return value;
}
