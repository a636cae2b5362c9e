// The places of a template that are filled in. The server reads the language; here is what helps to write it.
import type { Task, TriggerKind } from "@/lib/api/client";

export interface Variable {
  name: string;
  /** What stands there in a run. */
  is: string;
}

const NOW: Variable = { name: "now", is: "the time at which the run begins" };
const INPUT: Variable = { name: "trigger.body", is: "the input of a run by hand" };

const VARIABLES: Record<TriggerKind, readonly Variable[]> = {
  manual: [INPUT, NOW],
  schedule: [{ name: "trigger.tick", is: "the time of the tick" }, INPUT, NOW],
  webhook: [
    { name: "trigger.body", is: "the body of the request, or the input of a run by hand" },
    { name: "trigger.headers", is: "its headers, in lower case, with _ for -" },
    NOW,
  ],
  lifecycle: [
    { name: "trigger.event.name", is: "what happened, such as graph.changed" },
    { name: "trigger.event.at", is: "when" },
    { name: "trigger.event.realm", is: "in which realm" },
    { name: "trigger.event.data", is: "what is told of it" },
    { name: "trigger.event.id", is: "the id of the event" },
    { name: "trigger.event.topic", is: "the topic it was told on" },
    INPUT,
    NOW,
  ],
};

/** What may be filled in when a task of this kind runs. */
export function variablesOf(kind: TriggerKind): readonly Variable[] {
  return VARIABLES[kind];
}

const PLACES = /\{\{([\s\S]*?)\}\}|\{%([\s\S]*?)%\}/g;
const TEXTS = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g;
const NAMES = /(?<![\w.|])(?:trigger(?:\.\w+)*|now)\b/g;

/** The variables that a text reads, each once. */
export function readBy(text: string): string[] {
  const found = new Set<string>();
  for (const [, value, statement] of text.matchAll(PLACES)) {
    const code = (value ?? statement ?? "").replaceAll(TEXTS, "");
    for (const [name] of code.matchAll(NAMES)) found.add(name);
  }
  return [...found];
}

/** Whether a run by hand asks for input: the template of its task reads some. */
export function readsInput({ input_template }: Pick<Task, "input_template">): boolean {
  return readBy(JSON.stringify(input_template)).some((name) => name.startsWith("trigger.body"));
}

/** Those that are always empty for a task of this kind. */
export function alwaysEmpty(text: string, kind: TriggerKind): string[] {
  const known = VARIABLES[kind].map(({ name }) => name);
  return readBy(text).filter(
    (name) =>
      name !== "trigger" &&
      !known.some(
        (one) => one === name || name.startsWith(`${one}.`) || one.startsWith(`${name}.`),
      ),
  );
}

/** A text with a variable put where the cursor is, and where the cursor is then. */
export function inserted(text: string, variable: string, from: number, to: number) {
  const place = `{{ ${variable} }}`;
  return { text: text.slice(0, from) + place + text.slice(to), cursor: from + place.length };
}
