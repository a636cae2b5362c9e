"use client";

import { createColumnHelper } from "@tanstack/react-table";
import { useMemo } from "react";
import type { Table } from "@/lib/api/client";
import { isEdge, isNode } from "../../lib/cells";
import { inline, nameOf } from "../../lib/names";
import { DataTable, type Columns, type features } from "../table/data-table";

type Row = readonly unknown[];

const helper = createColumnHelper<typeof features, Row>();

interface Props {
  table: Table;
  onNode: (id: string) => void;
}

/** The answer row by row. */
export function Rows({ table, onNode }: Props) {
  const columns = useMemo(
    () =>
      helper.columns(
        table.columns.map((name, at) =>
          helper.accessor((row) => sortable(row[at]), {
            id: `${at} ${name}`,
            header: name,
            sortFn: "alphanumeric",
            cell: ({ row }) => <Cell value={row.original[at]} onNode={onNode} />,
          }),
        ),
      ) as Columns<Row>,
    [table.columns, onNode],
  );
  return (
    <DataTable
      label="Answer"
      rows={table.rows as Row[]}
      columns={columns}
      keyOf={(_, at) => String(at)}
    />
  );
}

function sortable(value: unknown): string | number {
  if (typeof value === "number") return value;
  if (isNode(value)) return nameOf(value);
  return isEdge(value) ? value.type : inline(value);
}

function Cell({ value, onNode }: { value: unknown; onNode: (id: string) => void }) {
  if (isNode(value)) {
    return (
      <button
        type="button"
        onClick={() => onNode(value.id)}
        title={value.labels.join(", ")}
        className="min-h-6 max-w-full truncate rounded text-left font-medium hover:underline"
      >
        {nameOf(value)}
      </button>
    );
  }
  if (isEdge(value)) return <span className="font-mono text-xs">{value.type}</span>;
  if (typeof value === "number") return <span className="tabular-nums">{value}</span>;
  const text = inline(value);
  return (
    <span
      title={text}
      className={typeof value === "object" && value ? "font-mono text-xs" : undefined}
    >
      {text}
    </span>
  );
}
