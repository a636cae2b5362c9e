// What a file says of itself, so that less has to be typed: its columns, a key, a label.

export interface Guess {
  /** The names of its fields. */
  fields: readonly string[];
  key?: string;
  label?: string;
  name?: string;
  delimiter?: string;
}

/** How much of a file is looked at. */
export const LOOKED_AT = 256 * 1024;

export function guessOf(type: string, filename: string, text: string): Guess {
  const { fields, delimiter } = type === "csv" ? csvFields(text) : { fields: jsonFields(text) };
  const byName = (names: readonly string[]) =>
    names.flatMap((name) => fields.find((field) => field.toLowerCase() === name) ?? [])[0];
  return {
    fields,
    key:
      byName(["id", "key", "uuid", "slug", "sku", "email"]) ??
      (type === "csv" ? fields[0] : undefined),
    name: byName(["name", "title"]),
    label: labelOf(filename),
    ...(delimiter && delimiter !== "," && { delimiter }),
  };
}

/** "my-services_2.csv" holds things labelled `MyService`. */
export function labelOf(filename: string): string | undefined {
  const words = filename
    .replace(/\.[^.]*$/, "")
    .split(/[^A-Za-z]+/)
    .filter(Boolean);
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  if (name.length > 4 && name.endsWith("ies")) return `${name.slice(0, -3)}y`;
  if (/(?:ss|us|is)$/.test(name)) return name || undefined;
  return name.replace(/s$/, "") || undefined;
}

function csvFields(text: string) {
  const line = text.replace(/^\uFEFF/, "").split(/\r?\n/, 1)[0] ?? "";
  const delimiter = [",", ";", "\t", "|"].toSorted(
    (one, other) => line.split(other).length - line.split(one).length,
  )[0] as string;
  const cells = line.split(delimiter).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
  return { fields: cells.filter(Boolean), delimiter };
}

function jsonFields(text: string): string[] {
  const record = firstRecord(text.replace(/^\uFEFF/, "").trimStart());
  if (!record) return [];
  try {
    const value: unknown = JSON.parse(record);
    return typeof value === "object" && value !== null ? Object.keys(value) : [];
  } catch {
    return [];
  }
}

/** The text of the first object of an array or of lines; the rest may have been cut off. */
function firstRecord(text: string): string | null {
  const start = /^\[?\s*\{/.exec(text);
  if (!start) return null;
  let depth = 0;
  let isInText = false;
  for (let at = start[0].length - 1; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === "\\" && isInText) at += 1;
    else if (letter === '"') isInText = !isInText;
    else if (!isInText && letter === "{") depth += 1;
    else if (!isInText && letter === "}") {
      depth -= 1;
      if (depth === 0) return text.slice(start[0].length - 1, at + 1);
    }
  }
  return null;
}
