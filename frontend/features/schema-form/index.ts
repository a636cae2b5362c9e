import { shapeOf, type Values } from "./lib/shape";
import { faultsOf, sendableOf } from "./lib/values";

export { Choice } from "./components/alternatives";
export { SchemaForm } from "./components/schema-form";
export { SchemaOutline } from "./components/schema-outline";
export type { Values } from "./lib/shape";

/** What is wrong in a form before anything is sent, by JSON path. */
export function problemsOf(schema: unknown, value: Values, path: string): Map<string, string> {
  return faultsOf(shapeOf(schema), value, path);
}

/** What a form sends: without what was left blank. */
export function sendable(schema: unknown, value: Values, secret = false): Values {
  return sendableOf(shapeOf(schema, secret), value);
}
