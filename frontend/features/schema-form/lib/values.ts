// What stands in a form: what is missing in it, and what of it is sent.
import type { FieldShape, ObjectShape, Shape, Values } from "./shape";

/** JSON that is being written and does not read yet. */
export class Unread {
  constructor(readonly text: string) {}
}

/** What stands for a stored secret; sent back it means unchanged. */
export function isMask(value: unknown): boolean {
  return typeof value === "string" && value.startsWith("****");
}

function isBlank(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  if (Array.isArray(value)) return value.every(isBlank);
  return false;
}

export function isObject(value: unknown): value is Values {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Unread)
  );
}

/** Which of the alternatives is given; the first where none is. */
export function chosenOf({ alternatives }: ObjectShape, value: Values): string | undefined {
  return alternatives.find((name) => value[name] !== undefined) ?? alternatives[0];
}

/** The value without what was left blank. Null stays where it removes a secret. */
export function sendableOf(shape: ObjectShape, value: Values): Values {
  const sent: Values = {};
  for (const [name, given] of Object.entries(value)) {
    const field = shape.fields.find((one) => one.name === name);
    const kept = field ? sentOf(field.shape, given) : given === "" ? undefined : given;
    if (kept !== undefined) sent[name] = kept;
  }
  return sent;
}

function sentOf(shape: Shape, value: unknown): unknown {
  if (value === null) return shape.kind === "text" && shape.secret ? null : undefined;
  if (value instanceof Unread) return undefined;
  switch (shape.kind) {
    case "texts": {
      const texts = (Array.isArray(value) ? value : [value]).filter((text) => !isBlank(text));
      return texts.length > 0 ? texts : undefined;
    }
    case "objects": {
      if (!Array.isArray(value)) return value;
      return value.map((item) => (isObject(item) ? sendableOf(shape.item, item) : item));
    }
    case "object": {
      if (!isObject(value)) return value;
      const sent = sendableOf(shape.object, value);
      return Object.keys(sent).length > 0 ? sent : undefined;
    }
    case "map": {
      if (!isObject(value)) return value;
      const entries = Object.entries(value).filter(([name, given]) => name && !isBlank(given));
      return Object.fromEntries(entries);
    }
    default:
      return value === "" ? undefined : value;
  }
}

/** What can be said to be wrong before anything is sent, by JSON path. */
export function faultsOf(shape: ObjectShape, value: Values, path: string): Map<string, string> {
  const faults = new Map<string, string>();
  collect(shape, value, path, faults);
  return faults;
}

export function join(path: string, name: string | number): string {
  if (typeof name === "number") return `${path}[${name}]`;
  return path ? `${path}.${name}` : name;
}

type Faults = Map<string, string>;

function collect(shape: ObjectShape, value: Values, path: string, faults: Faults) {
  const chosen = chosenOf(shape, value);
  for (const field of shape.fields) {
    const isAlternative = shape.alternatives.includes(field.name);
    if (isAlternative && field.name !== chosen) continue;
    const required = field.required || isAlternative;
    const at = join(path, field.name);
    const given = value[field.name];
    const fault = isBlank(given) ? missing(field, required) : faultOf(field.shape, given);
    if (fault) faults.set(at, fault);
    else inside(field.shape, given, at, faults);
  }
}

function missing(field: FieldShape, required: boolean): string | undefined {
  return required && field.initial === undefined && field.shape.kind !== "flag"
    ? "Needed."
    : undefined;
}

function inside(shape: Shape, value: unknown, path: string, faults: Faults) {
  if (shape.kind === "object" && isObject(value)) collect(shape.object, value, path, faults);
  if (shape.kind === "objects" && Array.isArray(value)) {
    value.forEach((item, at) => {
      if (isObject(item)) collect(shape.item, item, join(path, at), faults);
    });
  }
}

function faultOf(shape: Shape, value: unknown): string | undefined {
  if (value instanceof Unread) return "This is no valid JSON.";
  if (shape.kind === "number") return numberFault(shape, value);
  if (shape.kind === "text" && typeof value === "string" && !isMask(value)) {
    if (shape.maxLength !== undefined && value.length > shape.maxLength) {
      return `${shape.maxLength} characters at most.`;
    }
  }
  return undefined;
}

function numberFault(shape: Extract<Shape, { kind: "number" }>, value: unknown) {
  if (typeof value !== "number" || !Number.isFinite(value)) return "A number is needed.";
  if (shape.integer && !Number.isInteger(value)) return "A whole number is needed.";
  const tooSmall = shape.min !== undefined && value < shape.min;
  const tooLarge = shape.max !== undefined && value > shape.max;
  return tooSmall || tooLarge ? `${rangeOf(shape)}.` : undefined;
}

const NUMBERS = new Intl.NumberFormat("en");

/** The range of a number in words. */
export function rangeOf({ min, max }: { min?: number; max?: number }): string | undefined {
  const [least, most] = [min, max].map((bound) => bound !== undefined && NUMBERS.format(bound));
  if (least && most) return `${least} to ${most}`;
  if (least && min !== 0) return `${least} or more`;
  return most ? `${most} at most` : undefined;
}

/** The fault of a place, or of the first place within it. */
export function faultAt(
  faults: ReadonlyMap<string, string>,
  path: string,
  within = false,
): string | undefined {
  const own = faults.get(path);
  if (own !== undefined || !within) return own;
  for (const [at, message] of faults) {
    if (at.startsWith(`${path}.`) || at.startsWith(`${path}[`)) return message;
  }
  return undefined;
}
