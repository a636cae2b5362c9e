// Arguments of a call as a person edits them.

export type Edited =
  | { kind: "same" }
  | { kind: "changed"; args: Record<string, unknown> }
  | { kind: "faulty"; fault: string };

/** What the text says in place of the arguments. */
export function edited(text: string, args: unknown): Edited {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: "faulty", fault: `This is not JSON: ${(error as Error).message}` };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { kind: "faulty", fault: "Arguments are an object: { … }." };
  }
  if (JSON.stringify(value) === JSON.stringify(args)) return { kind: "same" };
  return { kind: "changed", args: value as Record<string, unknown> };
}

/** The arguments as rows to read: nested names joined by a dot, lists of plain values in one row. */
export function rows(args: unknown, prefix = ""): { name: string; value: string }[] {
  if (typeof args !== "object" || args === null || isPlainList(args)) {
    return [{ name: prefix || "value", value: said(args) }];
  }
  return Object.entries(args).flatMap(([name, value]) => {
    const path = prefix ? `${prefix}.${name}` : name;
    const isEmpty = typeof value === "object" && value !== null && Object.keys(value).length === 0;
    return isEmpty ? [{ name: path, value: "none" }] : rows(value, path);
  });
}

/** The first thing that the arguments say, to tell one call from another. */
export function inShort(args: unknown): string {
  return rows(args).find(({ value }) => value)?.value ?? "";
}

function isPlainList(value: object): value is unknown[] {
  return Array.isArray(value) && value.every((item) => typeof item !== "object" || item === null);
}

function said(value: unknown): string {
  if (Array.isArray(value)) return value.map(said).join(", ");
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
