// The graph as it is drawn: things come and go, and what stays keeps its place.
import { MultiDirectedGraph } from "graphology";
import type { Edge } from "@/lib/api/client";
import { kindOf, shortNameOf } from "./names";
import { degrees, type Part } from "./subgraph";

export interface Dot {
  x: number;
  y: number;
  size: number;
  label: string;
  /** The label by which it is coloured. */
  kind: string;
  /** The layout may not move it: it was there before, or was put there by hand. */
  fixed: boolean;
  pinned: boolean;
}

export interface Line {
  size: number;
  /** The types of all edges between the same two nodes, on the first of them. */
  label: string;
}

export type Scene = MultiDirectedGraph<Dot, Line>;

export interface Position {
  x: number;
  y: number;
}

/** Where everything ever stood, so that it comes back to its place. */
export type Places = Map<string, Position & { pinned: boolean }>;

const SMALLEST = 4;
const LARGEST = 16;
const APART = 26;
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

export function scene(): Scene {
  return new MultiDirectedGraph<Dot, Line>();
}

export interface Synced {
  added: string[];
  removed: string[];
}

/** Makes the scene show the part. New nodes stand beside what they hang on, and only they are free to move. */
export function sync(scene: Scene, part: Part, places: Places): Synced {
  const removed = scene.filterNodes((id) => !part.nodes.has(id));
  for (const id of removed) {
    keep(scene, id, places);
    scene.dropNode(id);
  }
  for (const id of scene.filterEdges((id) => !part.edges.has(id))) scene.dropEdge(id);
  const added = [...part.nodes.keys()].filter((id) => !scene.hasNode(id));
  const isFirst = scene.order === 0;
  const where = placed(scene, part, added, places);
  const degree = degrees(part);
  for (const [id, node] of part.nodes) {
    const looks = {
      label: shortNameOf(node),
      kind: kindOf(node),
      size: sizeOf(degree.get(id) ?? 0),
    };
    if (scene.hasNode(id)) {
      scene.mergeNodeAttributes(id, { ...looks, fixed: true });
      continue;
    }
    const known = places.get(id);
    const { x, y } = where.get(id) ?? { x: 0, y: 0 };
    const fixed = known !== undefined && (known.pinned || !isFirst);
    scene.addNode(id, { ...looks, x, y, fixed, pinned: known?.pinned ?? false });
  }
  lines(scene, part.edges);
  return { added, removed };
}

/** Lets the layout move everything but what was put in its place by hand. */
export function loosen(scene: Scene) {
  scene.forEachNode((id, { pinned }) => scene.setNodeAttribute(id, "fixed", pinned));
}

/** Remembers where everything stands. */
export function keepAll(scene: Scene, places: Places) {
  scene.forEachNode((id) => keep(scene, id, places));
}

function keep(scene: Scene, id: string, places: Places) {
  const { x, y, pinned } = scene.getNodeAttributes(id);
  places.set(id, { x, y, pinned });
}

function sizeOf(degree: number): number {
  return Math.min(LARGEST, SMALLEST + 1.6 * Math.sqrt(degree));
}

function lines(scene: Scene, edges: ReadonlyMap<string, Edge>) {
  const between = new Map<string, { first: string; types: Set<string> }>();
  for (const { id, from, to, type } of edges.values()) {
    if (!scene.hasEdge(id)) scene.addEdgeWithKey(id, from, to, { size: 1, label: "" });
    const pair = [from, to].sort().join(" ");
    const known = between.get(pair);
    if (known) known.types.add(type);
    else between.set(pair, { first: id, types: new Set([type]) });
  }
  for (const { first, types } of between.values()) {
    scene.setEdgeAttribute(first, "label", [...types].join(", "));
  }
}

/** A place for each new node: its old one, or on the far side of a neighbour that has one. */
function placed(scene: Scene, part: Part, added: string[], places: Places): Map<string, Position> {
  const where = new Map<string, Position>();
  scene.forEachNode((id, { x, y }) => where.set(id, { x, y }));
  for (const id of added) {
    const known = places.get(id);
    if (known) where.set(id, known);
  }
  const middle = centre([...where.values()]);
  const neighbours = neighboursOf(part);
  const around = new Map<string, number>();
  let waiting = added.filter((id) => !where.has(id));
  while (waiting.length > 0) {
    const held = waiting.filter((id) => neighbours.get(id)?.some((other) => where.has(other)));
    for (const id of held) {
      const anchor = neighbours.get(id)?.find((other) => where.has(other));
      const from = anchor && where.get(anchor);
      if (!anchor || !from) continue;
      const turn = around.get(anchor) ?? 0;
      around.set(anchor, turn + 1);
      where.set(id, beside(from, middle, turn));
    }
    waiting = waiting.filter((id) => !where.has(id));
    // Nothing of what waits hangs on what has a place: the next one begins an island.
    const next = held.length === 0 ? waiting.shift() : undefined;
    if (next) where.set(next, beside(middle, middle, where.size));
  }
  return where;
}

function neighboursOf({ edges }: Part): Map<string, string[]> {
  const neighbours = new Map<string, string[]>();
  const add = (from: string, to: string) => {
    const known = neighbours.get(from);
    if (known) known.push(to);
    else neighbours.set(from, [to]);
  };
  for (const { from, to } of edges.values()) {
    add(from, to);
    add(to, from);
  }
  return neighbours;
}

function centre(points: readonly Position[]): Position {
  const sum = points.reduce((sum, { x, y }) => ({ x: sum.x + x, y: sum.y + y }), { x: 0, y: 0 });
  return { x: sum.x / (points.length || 1), y: sum.y / (points.length || 1) };
}

/** The spots of a sunflower around a point that lies further out than the anchor. */
function beside(anchor: Position, middle: Position, turn: number): Position {
  const [dx, dy] = [anchor.x - middle.x, anchor.y - middle.y];
  const far = Math.hypot(dx, dy);
  const out = far > 1 ? { x: (dx / far) * APART * 2, y: (dy / far) * APART * 2 } : { x: 0, y: 0 };
  const angle = turn * GOLDEN_ANGLE;
  const radius = APART * Math.sqrt(turn + 0.5);
  return {
    x: anchor.x + out.x + Math.cos(angle) * radius,
    y: anchor.y + out.y + Math.sin(angle) * radius,
  };
}
