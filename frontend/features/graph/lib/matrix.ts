// The scene in the numbers that the layout reckons with, and back. Pure but for the scene itself.
import type { ForceAtlas2Settings } from "graphology-layout-forceatlas2";
import type { Scene } from "./scene";

/** How many numbers the layout keeps of a node, and of an edge. */
const NODE = 10;
const EDGE = 3;

export interface Matrices {
  nodes: Float32Array<ArrayBuffer>;
  edges: Float32Array<ArrayBuffer>;
  settings: Required<ForceAtlas2Settings>;
}

export function matrices(scene: Scene): Matrices {
  const nodes = new Float32Array(scene.order * NODE);
  const edges = new Float32Array(scene.size * EDGE);
  const rows = new Map<string, number>();
  let at = 0;
  scene.forEachNode((id, { x, y, size, fixed }) => {
    rows.set(id, at);
    nodes.set([x, y, 0, 0, 0, 0, 1, 1, size, fixed ? 1 : 0], at);
    at += NODE;
  });
  at = 0;
  scene.forEachEdge((_, __, from, to) => {
    const [one = 0, other = 0] = [rows.get(from), rows.get(to)];
    for (const row of [one, other]) nodes[row + 6] = (nodes[row + 6] ?? 0) + 1;
    edges.set([one, other, 1], at);
    at += EDGE;
  });
  return { nodes, edges, settings: settings(scene.order) };
}

function settings(order: number): Required<ForceAtlas2Settings> {
  return {
    adjustSizes: false,
    barnesHutOptimize: order > 400,
    barnesHutTheta: 0.7,
    edgeWeightInfluence: 1,
    gravity: 0.4,
    linLogMode: false,
    outboundAttractionDistribution: false,
    scalingRatio: 40,
    slowDown: 1 + Math.log(order + 1),
    strongGravityMode: true,
  };
}

/** Only where things stand, two numbers a node: this is what travels. */
export function positions(nodes: Float32Array): Float32Array<ArrayBuffer> {
  const positions = new Float32Array((nodes.length / NODE) * 2);
  for (let at = 0; at < positions.length / 2; at++) {
    positions[at * 2] = nodes[at * NODE] ?? 0;
    positions[at * 2 + 1] = nodes[at * NODE + 1] ?? 0;
  }
  return positions;
}

/** How far nodes moved on average. */
export function moved(before: Float32Array, after: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < after.length; at += 2) {
    sum += Math.hypot(
      (after[at] ?? 0) - (before[at] ?? 0),
      (after[at + 1] ?? 0) - (before[at + 1] ?? 0),
    );
  }
  return sum / (after.length / 2 || 1);
}

/** Puts the nodes where the layout has them; `ids` are those it was asked for, in order. */
export function apply(scene: Scene, ids: readonly string[], positions: Float32Array) {
  const rows = new Map(ids.map((id, row) => [id, row]));
  scene.updateEachNodeAttributes(
    (id, dot) => {
      const row = rows.get(id);
      if (row === undefined || dot.fixed) return dot;
      return { ...dot, x: positions[row * 2] ?? dot.x, y: positions[row * 2 + 1] ?? dot.y };
    },
    { attributes: ["x", "y"] },
  );
}
