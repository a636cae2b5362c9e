"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import Link from "next/link";
import { graphNodesSearchInfiniteOptions, type Node } from "@/lib/api/client";
import { paged } from "@/lib/api/paged";
import { Button } from "@/ui/button";
import { Empty, Failure, SkeletonRows } from "@/ui/states";
import { useDebounced } from "../../hooks/use-debounced";
import { searchOf } from "../../hooks/use-drawn";
import type { ColourOf } from "../../hooks/use-palette";
import { isSearch, type View } from "../../lib/address";
import { counted, kindOf, nameOf, totalled } from "../../lib/names";
import { Dot } from "../canvas/legend";

interface Props {
  view: View;
  asOf: string | null;
  colourOf: ColourOf;
  onOpen: (id: string) => void;
  /** Asks for nothing any more. */
  onClear: () => void;
}

/** What was found, while one types. Choosing one draws it with its neighbours. */
export function Results({ view, asOf, colourOf, onOpen, onClear }: Props) {
  const q = useDebounced(view.q, 180);
  const query = useInfiniteQuery({
    ...graphNodesSearchInfiniteOptions({ query: searchOf({ ...view, q }, asOf) }),
    ...paged,
    placeholderData: keepPreviousData,
  });
  if (query.isPending) return <SkeletonRows rows={7} />;
  if (!query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const first = query.data.pages[0];
  const items = query.data.pages.flatMap((page) => page.items);
  if (!first || items.length === 0) {
    return (
      <Empty
        icon={SearchX}
        title="Nothing found"
        action={
          isSearch(view) ? (
            <Button onClick={onClear}>Clear the search</Button>
          ) : (
            <Button asChild>
              <Link href="/sources/">Open the sources</Link>
            </Button>
          )
        }
      >
        {isSearch(view) ? "No node is like that." : "There are no nodes yet."}
      </Empty>
    );
  }
  return (
    <>
      <p role="status" className="px-3 pt-2 pb-1 text-xs text-muted">
        {isSearch(view) ? `${totalled(first)} found` : `${totalled(first)} nodes, the newest first`}
      </p>
      <ul aria-label="Found" className="min-h-0 flex-1 overflow-y-auto px-1 pb-2">
        {items.map((node) => (
          <li key={node.id}>
            <Result
              node={node}
              colour={colourOf(kindOf(node))}
              isOpen={view.node === node.id}
              onOpen={() => onOpen(node.id)}
            />
          </li>
        ))}
        {query.hasNextPage && (
          <li className="p-2">
            <Button
              size="sm"
              className="w-full"
              busy={query.isFetchingNextPage}
              onClick={() => void query.fetchNextPage()}
            >
              Show more than {counted(items.length)}
            </Button>
          </li>
        )}
      </ul>
    </>
  );
}

interface ResultProps {
  node: Node;
  colour: string;
  isOpen: boolean;
  onOpen: () => void;
}

function Result({ node, colour, isOpen, onOpen }: ResultProps) {
  const name = nameOf(node);
  return (
    <button
      type="button"
      data-walk
      aria-current={isOpen || undefined}
      onClick={onOpen}
      className="grid w-full grid-cols-[auto_1fr] items-center gap-x-2 rounded-md px-2 py-1.5 text-left hover:bg-sunken aria-[current=true]:bg-accent-soft"
    >
      <Dot colour={colour} />
      <span className="truncate" title={name}>
        {name}
      </span>
      <span className="col-start-2 truncate text-xs text-muted">
        {node.labels.join(", ")} · {placeOf(node) ?? node.realm}
        {node.archived_at && " · archived"}
      </span>
    </button>
  );
}

/** Where a thing is, which tells it from others of its name. */
function placeOf({ properties }: Node): string | null {
  const { path, name } = properties;
  return typeof path === "string" && path !== name ? path : null;
}
