"use client";

import { createColumnHelper } from "@tanstack/react-table";
import { useMemo } from "react";
import type { Edge } from "@/lib/api/client";
import { Moment } from "@/ui/moment";
import { nameOf } from "../../lib/names";
import { DataTable, type Columns, type features } from "./data-table";
import type { TwinProps } from "./twin";

const helper = createColumnHelper<typeof features, Edge>();
const link = "min-h-6 max-w-full truncate rounded text-left hover:underline";

/** The edges of the canvas. */
export function EdgesTable({ part, selected, onNode, onEdge }: TwinProps) {
  const rows = useMemo(() => [...part.edges.values()], [part]);
  const columns = useMemo(() => {
    const name = (id: string) => {
      const node = part.nodes.get(id);
      return node ? nameOf(node) : id;
    };
    const end = (which: "from" | "to", header: string) =>
      helper.accessor((edge) => name(edge[which]), {
        id: which,
        header,
        sortFn: "alphanumeric",
        cell: ({ row: { original }, getValue }) => (
          <button type="button" className={link} onClick={() => onNode(original[which])}>
            {getValue()}
          </button>
        ),
      });
    return helper.columns([
      end("from", "From"),
      helper.accessor("type", {
        header: "Type",
        sortFn: "text",
        cell: ({ row: { original }, getValue }) => (
          <button
            type="button"
            className={`${link} font-mono text-xs`}
            aria-label={`${getValue()}, from ${name(original.from)} to ${name(original.to)}`}
            onClick={() => onEdge(original.id)}
          >
            {getValue()}
          </button>
        ),
      }),
      end("to", "To"),
      helper.accessor("realm", { header: "Realm", sortFn: "text" }),
      helper.accessor(({ valid_from }) => Date.parse(valid_from), {
        id: "since",
        header: "Since",
        sortFn: "basic",
        cell: ({ row: { original } }) => <Moment at={original.valid_from} />,
      }),
    ]) as Columns<Edge>;
  }, [part, onNode, onEdge]);
  return (
    <DataTable
      label="Edges on the canvas"
      rows={rows}
      columns={columns}
      keyOf={({ id }) => id}
      selected={selected.edge}
    />
  );
}
