"use client";

import { Table2 } from "lucide-react";
import { useMemo, useState } from "react";
import type { Table } from "@/lib/api/client";
import { cn } from "@/lib/cn";
import { Badge } from "@/ui/badge";
import { Json } from "@/ui/code";
import { Empty } from "@/ui/states";
import type { ColourOf } from "../../hooks/use-palette";
import type { Viewing } from "../../hooks/use-view";
import { counted, kindOf } from "../../lib/names";
import type { Places } from "../../lib/scene";
import { shown, type Part } from "../../lib/subgraph";
import { toggled } from "../../lib/address";
import { GraphCanvas } from "../canvas";
import { Legend } from "../canvas/legend";
import { Twin } from "../table/twin";
import { Rows } from "./rows";

export const SHAPES = ["graph", "table", "json"] as const;
type Shape = (typeof SHAPES)[number];

const NAMES: Record<Shape, string> = { graph: "Graph", table: "Table", json: "JSON" };

interface Props {
  table: Table;
  part: Part & { loose: number };
  /** As it was chosen; else as it fits the answer. */
  shape: Shape | null;
  onShape: (shape: Shape) => void;
  viewing: Viewing;
  colourOf: ColourOf;
}

/** What a query gave: how much, how fast, and in the shape one wants. */
export function Answer({ table, part, shape, onShape, viewing, colourOf }: Props) {
  const now = shape ?? (part.nodes.size > 0 ? "graph" : "table");
  const { rows, took_ms, truncated } = table;
  return (
    <section aria-label="Answer" className="flex h-full min-h-0 flex-col">
      <div className="flex min-h-10 flex-wrap items-center gap-3 border-b bg-surface px-3 py-1 text-xs text-muted">
        <div role="group" aria-label="Shape of the answer" className="flex gap-1">
          {SHAPES.map((it) => (
            <button
              key={it}
              type="button"
              aria-pressed={it === now}
              onClick={() => onShape(it)}
              className={cn(
                "min-h-7 rounded-md px-2.5 font-medium hover:bg-sunken",
                it === now && "bg-accent-soft text-accent hover:bg-accent-soft",
              )}
            >
              {NAMES[it]}
            </button>
          ))}
        </div>
        <p role="status" className="ml-auto flex flex-wrap items-center gap-2 tabular-nums">
          {truncated && <Badge tone="warn">cut at {counted(rows.length)} rows</Badge>}
          {part.loose > 0 && now === "graph" && (
            <span>{counted(part.loose)} edges without both ends are left out</span>
          )}
          {counted(rows.length)} {rows.length === 1 ? "row" : "rows"} in {counted(took_ms)} ms
        </p>
      </div>
      <div className="relative min-h-0 flex-1">
        {now === "json" ? (
          <div className="h-full overflow-auto p-3">
            <Json value={table} label="Answer" />
          </div>
        ) : now === "table" ? (
          <Rows table={table} onNode={(node) => viewing.change({ node, edge: null })} />
        ) : (
          <Picture part={part} viewing={viewing} colourOf={colourOf} />
        )}
      </div>
    </section>
  );
}

/** The nodes and edges of the answer. */
function Picture({ part, viewing, colourOf }: Pick<Props, "part" | "viewing" | "colourOf">) {
  const { view, change } = viewing;
  const [hidden, setHidden] = useState<readonly string[]>([]);
  const [places] = useState<Places>(() => new Map());
  const seen = useMemo(() => shown(part, (it) => hidden.includes(kindOf(it))), [part, hidden]);
  const selected = useMemo(() => ({ node: view.node, edge: view.edge }), [view.node, view.edge]);
  if (part.nodes.size === 0) {
    return (
      <Empty icon={Table2} title="No nodes in the answer">
        Return nodes, edges or paths to see them here.
      </Empty>
    );
  }
  const acts = {
    onNode: (node: string) => change({ node, edge: null }),
    onEdge: (edge: string) => change({ edge, node: null }),
    onOpen: (node: string) => change({ node, edge: null }),
  };
  return (
    <GraphCanvas
      label={`Answer of ${counted(seen.nodes.size)} nodes and ${counted(seen.edges.size)} edges`}
      part={seen}
      selected={selected}
      colourOf={colourOf}
      places={places}
      onNothing={() => change({ node: null, edge: null })}
      instead={<Twin part={seen} selected={selected} colourOf={colourOf} {...acts} />}
      {...acts}
    >
      <Legend
        part={part}
        colourOf={colourOf}
        hidden={hidden}
        onToggle={(label) => setHidden(toggled(hidden, label))}
      />
    </GraphCanvas>
  );
}
