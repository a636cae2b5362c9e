"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ArrowLeft, ArrowRight, CircleDashed } from "lucide-react";
import { useMemo, useState } from "react";
import { graphNeighborsOptions, type Direction, type Neighbor } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Empty, Failure, SkeletonRows } from "@/ui/states";
import type { ColourOf } from "../../hooks/use-palette";
import { counted, kindOf, nameOf } from "../../lib/names";
import { Dot } from "../canvas/legend";

interface Props {
  id: string;
  asOf: string | null;
  colourOf: ColourOf;
  onOpen: (id: string) => void;
  /** Looks at the graph as it is now. */
  onNow: () => void;
}

interface Group {
  type: string;
  direction: Direction;
  items: Neighbor[];
}

const FIRST = 200;
const MOST = 1_000;
const EACH = 8;

/** What hangs on a node, by the type of the edge and its direction. */
export function Neighbours({ id, asOf, colourOf, onOpen, onNow }: Props) {
  const [limit, setLimit] = useState(FIRST);
  const query = useQuery({
    ...graphNeighborsOptions({
      path: { node_id: id },
      query: { limit, ...(asOf && { as_of: asOf }) },
    }),
    placeholderData: keepPreviousData,
  });
  const groups = useMemo(() => grouped(id, query.data?.items ?? []), [id, query.data]);
  if (query.isPending) return <SkeletonRows />;
  if (!query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (groups.length === 0) {
    if (!asOf) return <Empty icon={CircleDashed} title="Nothing hangs on it" />;
    return (
      <Empty
        icon={CircleDashed}
        title="Nothing hung on it then"
        action={<Button onClick={onNow}>Look at it now</Button>}
      />
    );
  }
  return (
    <div className="-mt-2 grid gap-3 px-2 pb-3">
      {groups.map((group) => (
        <Group
          key={`${group.direction} ${group.type}`}
          group={group}
          colourOf={colourOf}
          onOpen={onOpen}
        />
      ))}
      {query.data.truncated && (
        <p className="flex items-center justify-between gap-2 px-2 text-xs text-warn">
          Cut at {counted(limit)}.
          {limit < MOST && (
            <Button size="sm" busy={query.isFetching} onClick={() => setLimit(MOST)}>
              Show up to {counted(MOST)}
            </Button>
          )}
        </p>
      )}
    </div>
  );
}

function grouped(id: string, items: readonly Neighbor[]): Group[] {
  const groups = new Map<string, Group>();
  for (const item of items) {
    const direction = item.edge.from === id ? "out" : "in";
    const key = `${direction} ${item.edge.type}`;
    const group = groups.get(key) ?? { type: item.edge.type, direction, items: [] };
    group.items.push(item);
    groups.set(key, group);
  }
  return [...groups.values()].sort((one, other) => one.items.length - other.items.length);
}

function Group({ group, colourOf, onOpen }: { group: Group } & Pick<Props, "colourOf" | "onOpen">) {
  const [shown, setShown] = useState(EACH);
  const { type, direction, items } = group;
  const Arrow = direction === "out" ? ArrowRight : ArrowLeft;
  const rest = items.length - shown;
  return (
    <section>
      <h3 className="flex items-center gap-1.5 px-2 py-1 text-xs text-muted">
        <Arrow className="size-3" aria-label={direction === "out" ? "from it" : "to it"} />
        <span className="font-mono">{type}</span>
        <span className="ml-auto tabular-nums">{counted(items.length)}</span>
      </h3>
      <ul>
        {items.slice(0, shown).map(({ edge, node }) => (
          <li key={edge.id}>
            <button
              type="button"
              onClick={() => onOpen(node.id)}
              className="flex w-full items-center gap-2 rounded-md px-2 py-1 text-left hover:bg-sunken"
            >
              <Dot colour={colourOf(kindOf(node))} />
              <span className="truncate" title={nameOf(node)}>
                {nameOf(node)}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {rest > 0 && (
        <Button kind="quiet" size="sm" onClick={() => setShown(shown + EACH * 5)}>
          {counted(rest)} more
        </Button>
      )}
    </section>
  );
}
