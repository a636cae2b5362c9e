// Where each thing is shown, and what it is called.
import type { Node } from "@/lib/api/client";

export const places = {
  source: (id: string) => `/sources/?source=${id}`,
  agent: (id: string) => `/agents/?agent=${id}`,
  task: (id: string) => `/tasks/?task=${id}`,
  conversation: (id: string) => `/chat/?conversation=${id}`,
  approval: (id: string) => `/approvals/?approval=${id}`,
  node: (id: string) => `/graph/?node=${id}`,
  /** Runs a task once it was given its input. */
  taskInput: (id: string) => `/tasks/?task=${id}&ask=1`,
  /** None of these has a page of its own. */
  member: (email: string) => `/users/?q=${encodeURIComponent(email)}`,
  workers: "/workers/",
  keys: "/keys/",
};

/** Properties by which people know a node, the most telling first. */
const TELLING = ["title", "name", "summary", "path", "key", "email"];

export function nodeTitle({ id, properties, sources }: Node): string {
  for (const property of TELLING) {
    const value = properties[property];
    if (typeof value === "string" && value.trim()) return value.trim();
  }
  return sources[0]?.external_id ?? id;
}
