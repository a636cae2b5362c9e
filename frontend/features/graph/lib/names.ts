// How things of the graph are called.
import type { Node } from "@/lib/api/client";

const LONGEST = 30;
/** A title says more than a name where both are there: a commit's, an incident's. */
const TELLING = ["title", "name", "summary", "path", "key", "email", "id"];

/** What a node is called. */
export function nameOf(node: Pick<Node, "id" | "properties" | "sources">): string {
  for (const property of TELLING) {
    const value = node.properties[property];
    if (typeof value === "string" && value.trim()) return value.trim();
    if (typeof value === "number") return String(value);
  }
  return node.sources[0]?.external_id ?? shortId(node.id);
}

/** The name, no longer than what can be read at a glance. */
export function shortNameOf(node: Pick<Node, "id" | "properties" | "sources">): string {
  return shortened(nameOf(node), LONGEST);
}

export function shortened(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

/** The end of an id, by which people tell it from others. */
export function shortId(id: string): string {
  return `${id.slice(0, id.indexOf("_") + 1)}…${id.slice(-6)}`;
}

/** The label by which a node is coloured. */
export function kindOf(node: Pick<Node, "labels">): string {
  return node.labels[0] ?? UNLABELLED;
}

const UNLABELLED = "no label";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export function counted(number: number): string {
  return whole.format(number);
}

/** The total of a list, also where the server stopped counting. */
export function totalled({
  total,
  total_capped,
}: {
  total: number;
  total_capped?: boolean | null;
}) {
  return total_capped ? `more than ${counted(total)}` : counted(total);
}

/** A property's value on one line. */
export function inline(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "–";
  return JSON.stringify(value) ?? "–";
}
