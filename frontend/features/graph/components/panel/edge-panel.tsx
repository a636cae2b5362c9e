"use client";

import { ArrowDown } from "lucide-react";
import type { Edge, Node } from "@/lib/api/client";
import { Moment } from "@/ui/moment";
import type { ColourOf } from "../../hooks/use-palette";
import { kindOf, nameOf, shortId } from "../../lib/names";
import type { Part } from "../../lib/subgraph";
import { Dot } from "../canvas/legend";
import { Facts, Id, Properties } from "./facts";
import { Title } from "./node-panel";
import { Panel } from "./panel";

interface Props {
  edge: Edge;
  part: Part;
  colourOf: ColourOf;
  onNode: (id: string) => void;
  onEdge: (id: string | null) => void;
}

/** All about one edge: what it ties together, and what else does. */
export function EdgePanel({ edge, part, colourOf, onNode, onEdge }: Props) {
  const beside = [...part.edges.values()].filter((other) => isBeside(edge, other));
  const facts: [string, React.ReactNode][] = [
    ["Realm", edge.realm],
    ["Holds since", <Moment key="since" at={edge.valid_from} />],
  ];
  if (edge.valid_to) facts.push(["Held until", <Moment key="until" at={edge.valid_to} />]);
  facts.push(["Learned", <Moment key="learned" at={edge.recorded_at} />]);
  facts.push(["Id", <Id key="id" id={edge.id} />]);
  return (
    <Panel
      label={`Edge ${edge.type}`}
      head={<Title name={edge.type} />}
      onClose={() => onEdge(null)}
    >
      <div className="grid justify-items-start gap-1 px-3 py-3">
        <End id={edge.from} node={part.nodes.get(edge.from)} colourOf={colourOf} onNode={onNode} />
        <ArrowDown className="ml-2 size-4 text-muted" aria-label="to" />
        <End id={edge.to} node={part.nodes.get(edge.to)} colourOf={colourOf} onNode={onNode} />
      </div>
      <div className="border-t">
        <Facts facts={facts} />
      </div>
      <Properties properties={edge.properties} />
      {beside.length > 0 && (
        <section className="border-t px-4 py-3">
          <h3 className="mb-1 text-xs font-medium text-muted">Also between these two</h3>
          <ul>
            {beside.map(({ id, type }) => (
              <li key={id}>
                <button
                  type="button"
                  onClick={() => onEdge(id)}
                  className="min-h-6 rounded font-mono text-xs text-accent hover:underline"
                >
                  {type}
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </Panel>
  );
}

function isBeside({ id, from, to }: Edge, other: Edge): boolean {
  if (other.id === id) return false;
  return (other.from === from && other.to === to) || (other.from === to && other.to === from);
}

interface EndProps {
  id: string;
  node: Node | undefined;
  colourOf: ColourOf;
  onNode: (id: string) => void;
}

function End({ id, node, colourOf, onNode }: EndProps) {
  return (
    <button
      type="button"
      onClick={() => onNode(id)}
      className="flex max-w-full items-center gap-2 rounded-md px-2 py-1 text-left hover:bg-sunken"
    >
      {node && <Dot colour={colourOf(kindOf(node))} />}
      <span className="truncate">{node ? nameOf(node) : shortId(id)}</span>
      {node && <span className="shrink-0 text-xs text-muted">{kindOf(node)}</span>}
    </button>
  );
}
