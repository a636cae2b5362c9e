// What a JSON Schema asks for, as what a form can draw. What has no control of its own is written as JSON.

export type Values = Record<string, unknown>;

export type Shape =
  | { kind: "text"; secret: boolean; minLength?: number; maxLength?: number; example?: string }
  | { kind: "number"; integer: boolean; min?: number; max?: number }
  | { kind: "flag" }
  | { kind: "choice"; options: readonly unknown[] }
  | { kind: "texts" }
  | { kind: "objects"; item: ObjectShape }
  | { kind: "map"; of: Shape }
  | { kind: "object"; object: ObjectShape }
  | { kind: "json" };

export interface FieldShape {
  name: string;
  label: string;
  hint?: string;
  required: boolean;
  initial?: unknown;
  shape: Shape;
}

export interface ObjectShape {
  fields: readonly FieldShape[];
  /** Names of which exactly one is given; the first of each is shown. */
  alternatives: readonly string[];
  /** Properties whose names only begin in a known way. */
  open: { prefix: string; hint?: string; of: Shape } | null;
}

/** As much of JSON Schema as our catalog and tools use. */
interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  examples?: unknown[];
  enum?: unknown[];
  const?: unknown;
  format?: string;
  writeOnly?: boolean;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  items?: Schema | boolean;
  properties?: Record<string, Schema | boolean>;
  patternProperties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  required?: string[];
  oneOf?: Schema[];
  anyOf?: Schema[];
}

interface Reading {
  defs: Record<string, Schema>;
  secret: boolean;
  depth: number;
}

/** A definition that holds itself is written as JSON from here on. */
const DEEPEST = 6;

/** Reads the schema of an object. In a secret one every text is a secret. */
export function shapeOf(schema: unknown, secret = false): ObjectShape {
  const root = asSchema(schema);
  return objectOf(root, { defs: root.$defs ?? {}, secret, depth: 0 });
}

function asSchema(schema: unknown): Schema {
  return typeof schema === "object" && schema !== null ? schema : {};
}

function objectOf(schema: Schema, reading: Reading): ObjectShape {
  const required = new Set(schema.required);
  const fields = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const resolved = resolve(asSchema(property), reading);
    return {
      name,
      label: resolved.title ?? labelOf(name),
      hint: resolved.description,
      required: required.has(name),
      initial: resolved.default,
      shape: leafOf(resolved, reading),
    };
  });
  const open = Object.entries(schema.patternProperties ?? {})[0];
  return {
    fields,
    alternatives: alternativesOf(schema),
    open: open
      ? {
          prefix: prefixOf(open[0]),
          hint: open[1].description,
          of: leafOf(resolve(open[1], reading), reading),
        }
      : null,
  };
}

function alternativesOf({ oneOf, properties = {} }: Schema): readonly string[] {
  const names = oneOf?.map(({ required }) => (required?.length === 1 ? required[0] : undefined));
  const known = names?.filter((name) => name !== undefined && name in properties) as string[];
  return names && known.length === names.length ? known : [];
}

/** The schema behind references, and without the null that only says that it may be absent. */
function resolve(schema: Schema, reading: Reading): Schema {
  let found = schema;
  for (let step = 0; found.$ref && step < 10; step += 1) {
    const { $ref, ...own } = found;
    found = { ...reading.defs[$ref.replace(/^#\/\$defs\//, "")], ...own };
  }
  const options = (found.anyOf ?? found.oneOf)?.filter(({ type }) => type !== "null");
  if (options?.length === 1 && options[0] && !found.properties) {
    const own = { ...found };
    delete own.anyOf;
    delete own.oneOf;
    return { ...resolve(options[0], reading), ...own };
  }
  return found;
}

function leafOf(schema: Schema, reading: Reading): Shape {
  const deeper = { ...reading, depth: reading.depth + 1 };
  if (deeper.depth > DEEPEST) return { kind: "json" };
  const options = schema.enum?.filter((option) => option !== null) ?? constants(schema, reading);
  if (options) return { kind: "choice", options };
  if (isTextOrTexts(schema, reading)) return { kind: "texts" };
  switch (typeOf(schema)) {
    case "string":
      return textOf(schema, reading);
    case "integer":
    case "number": {
      const { minimum: min, maximum: max } = schema;
      return { kind: "number", integer: typeOf(schema) === "integer", min, max };
    }
    case "boolean":
      return { kind: "flag" };
    case "array":
      return listOf(schema, deeper);
    case "object":
      return mapOrObject(schema, deeper);
    default:
      return { kind: "json" };
  }
}

function typeOf({ type }: Schema): string | undefined {
  if (typeof type === "string") return type;
  const types = type?.filter((one) => one !== "null");
  return types?.length === 1 ? types[0] : undefined;
}

function textOf(schema: Schema, { secret }: Reading): Shape {
  const { minLength, maxLength, format, writeOnly, examples } = schema;
  const example = typeof examples?.[0] === "string" ? examples[0] : undefined;
  const hidden = secret || writeOnly === true || format === "password";
  return { kind: "text", secret: hidden, minLength, maxLength, example };
}

/** An enum whose members are described one by one. */
function constants({ oneOf }: Schema, reading: Reading): unknown[] | undefined {
  const members = oneOf?.map((option) => resolve(option, reading));
  if (!members?.every((option) => option.const !== undefined || option.enum)) return undefined;
  return members.flatMap((option) => option.enum ?? [option.const]);
}

/** A text, or a list of them: a list of one is as good. */
function isTextOrTexts({ anyOf }: Schema, reading: Reading): boolean {
  const options = anyOf?.map((option) => resolve(option, reading));
  return (
    options?.length === 2 &&
    options.some((option) => typeOf(option) === "string") &&
    options.some((option) => typeOf(option) === "array" && listOf(option, reading).kind === "texts")
  );
}

function listOf({ items }: Schema, reading: Reading): Shape {
  const item = resolve(asSchema(items), reading);
  if (typeOf(item) === "string" && !item.enum) return { kind: "texts" };
  if (typeOf(item) === "object" && item.properties) {
    return { kind: "objects", item: objectOf(item, reading) };
  }
  return { kind: "json" };
}

function mapOrObject(schema: Schema, reading: Reading): Shape {
  if (schema.properties) return { kind: "object", object: objectOf(schema, reading) };
  if (typeof schema.additionalProperties !== "object") return { kind: "json" };
  const of = leafOf(resolve(schema.additionalProperties, reading), reading);
  return of.kind === "text" || of.kind === "choice" || of.kind === "number"
    ? { kind: "map", of }
    : { kind: "json" };
}

const CAPITALS = /\b(url|id|api|sql|ca|ttl|http|json|csv)\b/gi;

/** A name of a property in words: `base_url` is "Base URL". */
export function labelOf(name: string): string {
  const words = name.replaceAll("_", " ").replace(CAPITALS, (word) => word.toUpperCase());
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What a pattern of names begins with: `^header\.[A-Z]+$` begins with "header.". */
function prefixOf(pattern: string): string {
  const literal = /^\^((?:[A-Za-z0-9_-]|\\\.)+)/.exec(pattern)?.[1] ?? "";
  return literal.replaceAll("\\.", ".");
}
