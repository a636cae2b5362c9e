// What several answers show together. Pure.
import type { Edge, Node, Subgraph } from "@/lib/api/client";

/** A part of the graph in which each thing is once, and no edge hangs in the air. */
export interface Part {
  nodes: ReadonlyMap<string, Node>;
  edges: ReadonlyMap<string, Edge>;
}

export const NO_PART: Part = { nodes: new Map(), edges: new Map() };

type Answer = Pick<Subgraph, "nodes" | "edges">;

/** Puts answers together; of a thing that is in several the last one says how it is. */
export function merged(answers: readonly Answer[], without: readonly string[] = []): Part {
  const gone = new Set(without);
  const nodes = new Map<string, Node>();
  const edges = new Map<string, Edge>();
  for (const answer of answers) {
    for (const node of answer.nodes) if (!gone.has(node.id)) nodes.set(node.id, node);
  }
  for (const answer of answers) {
    for (const edge of answer.edges) {
      if (nodes.has(edge.from) && nodes.has(edge.to)) edges.set(edge.id, edge);
    }
  }
  return { nodes, edges };
}

/** The part without the nodes that the legend hides. */
export function shown(part: Part, isHidden: (node: Node) => boolean): Part {
  const nodes = [...part.nodes.values()].filter((node) => !isHidden(node));
  return merged([{ nodes, edges: [...part.edges.values()] }]);
}

/** How many edges of the part each node has. */
export function degrees({ nodes, edges }: Part): Map<string, number> {
  const degrees = new Map<string, number>();
  for (const id of nodes.keys()) degrees.set(id, 0);
  for (const { from, to } of edges.values()) {
    degrees.set(from, (degrees.get(from) ?? 0) + 1);
    if (to !== from) degrees.set(to, (degrees.get(to) ?? 0) + 1);
  }
  return degrees;
}

/** Whether a part is so large that it is drawn in fewer strokes. */
export function isLarge({ nodes, edges }: Part): boolean {
  return nodes.size > 2_000 || edges.size > 4_000;
}
