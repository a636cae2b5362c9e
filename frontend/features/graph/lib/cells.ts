// The nodes and edges that stand in the cells of a Cypher answer. Pure.
import type { Edge, Node, Table } from "@/lib/api/client";
import { merged, type Part } from "./subgraph";

type Thing = Record<string, unknown>;

function isThing(value: unknown): value is Thing {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isNode(value: unknown): value is Node {
  return (
    isThing(value) &&
    typeof value.id === "string" &&
    value.id.startsWith("n_") &&
    Array.isArray(value.labels)
  );
}

export function isEdge(value: unknown): value is Edge {
  return (
    isThing(value) &&
    typeof value.id === "string" &&
    value.id.startsWith("e_") &&
    typeof value.type === "string" &&
    typeof value.from === "string"
  );
}

/** All of them, also within lists, maps and paths; an edge needs both of its ends. */
export function partOf({ rows }: Pick<Table, "rows">): Part & { loose: number } {
  const nodes: Node[] = [];
  const edges = new Map<string, Edge>();
  const look = (value: unknown) => {
    if (isNode(value)) nodes.push(value);
    else if (isEdge(value)) edges.set(value.id, value);
    else if (Array.isArray(value)) value.forEach(look);
    else if (isThing(value)) Object.values(value).forEach(look);
  };
  rows.forEach(look);
  const part = merged([{ nodes, edges: [...edges.values()] }]);
  return { ...part, loose: edges.size - part.edges.size };
}
