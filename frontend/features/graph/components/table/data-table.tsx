"use client";

import {
  createSortedRowModel,
  rowSortingFeature,
  sortFn_alphanumeric,
  sortFn_basic,
  sortFn_datetime,
  sortFn_text,
  tableFeatures,
  useTable,
  type ColumnDef,
  type RowData,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import { useRef } from "react";
import { cn } from "@/lib/cn";

export const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: {
    alphanumeric: sortFn_alphanumeric,
    basic: sortFn_basic,
    datetime: sortFn_datetime,
    text: sortFn_text,
  },
});

export type Columns<Row extends RowData> = ColumnDef<typeof features, Row, unknown>[];

interface Props<Row extends RowData> {
  /** What is listed, for who cannot see it. */
  label: string;
  rows: Row[];
  columns: Columns<Row>;
  keyOf: (row: Row, at: number) => string;
  selected?: string | null;
}

const ROW = 40;

/** A long table: sorted by its heads, and only as much of it drawn as is seen. */
export function DataTable<Row extends RowData>({
  label,
  rows,
  columns,
  keyOf,
  selected,
}: Props<Row>) {
  const frame = useRef<HTMLDivElement>(null);
  const table = useTable({ features, columns, data: rows, getRowId: keyOf });
  const sorted = table.getRowModel().rows;
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    getItemKey: (at) => sorted[at]?.id ?? at,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const above = items[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <div
      ref={frame}
      role="region"
      aria-label={label}
      // Scrolled by keyboard, too.
      tabIndex={0}
      className="h-full overflow-auto"
    >
      <table className="w-full border-collapse text-left" aria-rowcount={rows.length + 1}>
        <caption className="sr-only">{label}</caption>
        <thead className="sticky top-0 z-10 bg-surface">
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} aria-rowindex={1} className="text-xs text-muted">
              {group.headers.map((header) => (
                <th
                  key={header.id}
                  scope="col"
                  aria-sort={ORDER[String(header.column.getIsSorted())]}
                  className="border-b px-3 py-1.5 font-medium whitespace-nowrap"
                >
                  {header.column.getCanSort() ? (
                    <button
                      type="button"
                      onClick={header.column.getToggleSortingHandler()}
                      className="flex min-h-6 items-center gap-1 rounded hover:text-text"
                    >
                      <table.FlexRender header={header} />
                      <Order by={header.column.getIsSorted()} />
                    </button>
                  ) : (
                    <table.FlexRender header={header} />
                  )}
                </th>
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          <Gap height={above} />
          {items.map((item) => {
            const row = sorted[item.index];
            if (!row) return null;
            return (
              <tr
                key={row.id}
                aria-rowindex={item.index + 2}
                aria-selected={selected === undefined ? undefined : row.id === selected}
                className="h-10 border-b hover:bg-sunken/60 aria-selected:bg-accent-soft"
              >
                {row.getAllCells().map((cell) => (
                  <td key={cell.id} className="max-w-80 truncate px-3 py-1">
                    <table.FlexRender cell={cell} />
                  </td>
                ))}
              </tr>
            );
          })}
          <Gap height={below} />
        </tbody>
      </table>
    </div>
  );
}

const ORDER: Record<string, "ascending" | "descending" | "none"> = {
  asc: "ascending",
  desc: "descending",
  false: "none",
};

function Order({ by }: { by: false | "asc" | "desc" }) {
  const Icon = by === "asc" ? ArrowUp : by === "desc" ? ArrowDown : ChevronsUpDown;
  return <Icon aria-hidden className={cn("size-3", !by && "opacity-40")} />;
}

/** The height of the rows that are not drawn. */
function Gap({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden>
      <td style={{ height }} />
    </tr>
  );
}
