// What the address says of the graph page, and how each thing that can be done changes it. Pure.
import type { Direction } from "@/lib/api/client";

/** One thing that was opened: a node, and how far around it. */
export interface Step {
  id: string;
  depth: number;
  direction: Direction;
  limit: number;
  /** Only over these edges; all when empty. */
  types: readonly string[];
}

export interface View {
  q: string;
  label: readonly string[];
  realm: readonly string[];
  source: string | null;
  property: readonly string[];
  /** What was opened, in its order. */
  nodes: readonly Step[];
  /** Whether what was found stands on the canvas, too. */
  found: boolean;
  /** What was taken off the canvas by hand. */
  without: readonly string[];
  /** Labels that the legend hides. */
  hide: readonly string[];
  node: string | null;
  edge: string | null;
}

const MAX_STEPS = 60;
export const STEP = { depth: 1, direction: "both", limit: 200, types: [] } as const;
const DIRECTIONS: readonly string[] = ["out", "in", "both"] satisfies Direction[];
const LARGEST = { depth: 4, limit: 5_000 };

/** A step as it stands in the address: `id~depth~direction~limit~types`, as short as it can be. */
export function writeStep(step: Step): string {
  const types = step.types.map(encodeURIComponent).join("+");
  const parts = [step.depth, step.direction, step.limit, types];
  const usual = [STEP.depth, STEP.direction, STEP.limit, ""];
  while (parts.length > 0 && parts.at(-1) === usual[parts.length - 1]) parts.pop();
  return [step.id, ...parts].join("~");
}

/** What the address says, as far as it makes sense. */
export function readStep(text: string): Step | null {
  const [id, depth, direction, limit, ...types] = text.split("~");
  if (!id) return null;
  return {
    id,
    depth: within(depth, LARGEST.depth) ?? STEP.depth,
    direction: isDirection(direction) ? direction : STEP.direction,
    limit: within(limit, LARGEST.limit) ?? STEP.limit,
    types: types.join("~").split("+").filter(Boolean).map(decoded),
  };
}

function within(text: string | undefined, most: number): number | null {
  const number = Number(text);
  return Number.isInteger(number) && number >= 1 && number <= most ? number : null;
}

function isDirection(text: string | undefined): text is Direction {
  return text !== undefined && DIRECTIONS.includes(text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Whether something is asked for. */
export function isSearch({ q, label, realm, source, property }: View): boolean {
  return q.trim() !== "" || label.length + realm.length + property.length > 0 || source !== null;
}

/** What is drawn: what was opened, and where nothing was, what the rest of the address means. */
export function drawn(view: View): Pick<View, "nodes" | "found"> {
  const { nodes, node } = view;
  if (nodes.length > 0 || view.found) return { nodes, found: view.found && isSearch(view) };
  if (isSearch(view)) return { nodes, found: true };
  return { nodes: node ? [{ id: node, ...STEP }] : [], found: false };
}

export type Change = Partial<View>;

/** Looks at a node; what is drawn stays. */
export function select(view: View, node: string | null): Change {
  return { ...drawn(view), node, edge: null };
}

export function selectEdge(view: View, edge: string | null): Change {
  return { ...drawn(view), edge, node: null };
}

/** Draws a node with its neighbours, and looks at it. */
export function open(view: View, step: Pick<Step, "id"> & Partial<Step>): Change {
  const before = drawn(view);
  const next: Step = { ...STEP, ...step };
  const others = before.nodes.filter((other) => writeStep(other) !== writeStep(next));
  return {
    found: before.found,
    nodes: [...others, next].slice(-MAX_STEPS),
    without: view.without.filter((id) => id !== next.id),
    node: next.id,
    edge: null,
  };
}

/** Takes back one step: what only it brought goes with it. */
export function close(view: View, step: Step): Change {
  const before = drawn(view);
  const nodes = before.nodes.filter((other) => writeStep(other) !== writeStep(step));
  const gone = view.node === step.id ? { node: null } : {};
  return { ...before, nodes, ...gone };
}

/** Takes nodes off the canvas, and what they had opened. */
export function remove(view: View, ids: readonly string[]): Change {
  const before = drawn(view);
  const gone = new Set(ids);
  return {
    found: before.found,
    nodes: before.nodes.filter(({ id }) => !gone.has(id)),
    without: [...new Set([...view.without, ...ids])],
    ...(view.node && gone.has(view.node) && { node: null }),
  };
}

/** An empty canvas, and no search. */
export const CLEAR: Change = {
  q: "",
  label: [],
  realm: [],
  source: null,
  property: [],
  nodes: [],
  found: false,
  without: [],
  hide: [],
  node: null,
  edge: null,
};

/** The list with a thing in it, or without it if it was there. */
export function toggled(list: readonly string[], thing: string): string[] {
  return list.includes(thing) ? list.filter((other) => other !== thing) : [...list, thing];
}
