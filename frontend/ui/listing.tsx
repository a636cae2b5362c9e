"use client";

import type { ReactNode } from "react";
import { cn } from "@/lib/cn";
import { Button } from "./button";
import { Failure, SkeletonRows } from "./states";

export interface Column<Item> {
  head: ReactNode;
  cell: (item: Item) => ReactNode;
  /** Not on a phone, where there is no room. */
  wide?: boolean;
  /** Numbers stand at the right. */
  end?: boolean;
}

interface Page<Item> {
  items: Item[];
  total: number;
  total_capped?: boolean | null;
}

/** As much of an infinite query as is used. */
interface Query<Item> {
  data: { pages: Page<Item>[] } | undefined;
  error: unknown;
  isPending: boolean;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
  refetch: () => unknown;
}

interface Props<Item> {
  /** What is listed, for who cannot see it. */
  label: string;
  query: Query<Item>;
  columns: readonly Column<Item>[];
  keyOf: (item: Item) => string;
  /** What stands there when there is nothing. */
  empty: ReactNode;
  /** The row that is open beside the list. */
  selected?: string | null;
}

/** A list of the API as a table: loading, empty, failed, and more on demand. */
export function Listing<Item>({ label, query, columns, keyOf, empty, selected }: Props<Item>) {
  if (query.isPending) return <SkeletonRows />;
  if (!query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const rows = query.data.pages.flatMap((page) => page.items);
  const first = query.data.pages[0];
  if (rows.length === 0 || !first) return empty;
  return (
    <div className="relative overflow-x-auto">
      <table className="w-full border-collapse text-left">
        <caption className="sr-only">{label}</caption>
        <thead>
          <tr className="border-b text-xs text-muted">
            {columns.map((column, at) => (
              <th key={at} scope="col" className={cn("px-4 py-2 font-medium", place(column))}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={keyOf(row)}
              aria-selected={selected === undefined ? undefined : keyOf(row) === selected}
              className="border-b last:border-0 hover:bg-sunken/60 aria-selected:bg-accent-soft"
            >
              {columns.map((column, at) => (
                <td key={at} className={cn("px-4 py-2.5 align-middle", place(column))}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <footer className="flex items-center justify-between gap-3 border-t px-4 py-2 text-xs text-muted">
        <span>
          {rows.length} of {first.total_capped ? `more than ${first.total}` : first.total}
        </span>
        {query.hasNextPage && (
          <Button
            size="sm"
            busy={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            Show more
          </Button>
        )}
      </footer>
    </div>
  );
}

function place({ wide, end }: { wide?: boolean; end?: boolean }) {
  return cn(wide && "hidden md:table-cell", end && "text-right tabular-nums");
}
