"use client";

import { Database, Waypoints } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { Button } from "@/ui/button";
import { Empty, Failure, SkeletonRows } from "@/ui/states";
import type { ColourOf } from "../../hooks/use-palette";
import type { Viewing } from "../../hooks/use-view";
import { useSources, useStats } from "../../hooks/use-words";
import { counted } from "../../lib/names";
import { Dot } from "../canvas/legend";

interface Props {
  colourOf: ColourOf;
  change: Viewing["change"];
  /** Asks for the edges of a type. */
  onType: (type: string) => void;
}

/** What there is before anything is opened: counts, each of them a way in. */
export function GraphOverview({ colourOf, change, onType }: Props) {
  const stats = useStats();
  const { nameOf } = useSources();
  if (stats.isPending) return <SkeletonRows rows={8} />;
  if (!stats.data) return <Failure error={stats.error} retry={() => void stats.refetch()} />;
  const { nodes, edges, labels, types, realms, sources, projection, waiting_edges } = stats.data;
  if (nodes === 0) {
    return (
      <Empty
        icon={Waypoints}
        title="The graph is empty"
        action={
          <Button kind="primary" asChild>
            <Link href="/sources/">
              <Database /> Connect a source
            </Link>
          </Button>
        }
      >
        It fills with what your sources know, such as a git repository.
      </Empty>
    );
  }
  return (
    <div className="h-full overflow-y-auto bg-ground">
      <div className="mx-auto grid max-w-4xl gap-6 px-4 py-6">
        <header>
          <h2 className="text-lg font-semibold tracking-tight">
            {counted(nodes)} nodes and {counted(edges)} edges
          </h2>
          <p className="text-muted">
            Search, or begin with one of these.
            {waiting_edges > 0 && ` ${counted(waiting_edges)} edges wait for one of their ends.`}
          </p>
          {(projection.fault || projection.behind > 0) && (
            <p role="status" className="mt-1 text-warn">
              {projection.fault ?? `${counted(projection.behind)} changes are not drawn yet.`}
            </p>
          )}
        </header>
        <div className="grid gap-x-8 gap-y-6 sm:grid-cols-2">
          <Counts
            title="Labels"
            counts={Object.entries(labels)}
            onChoose={(label) => change({ label: [label], found: true })}
            mark={(label) => <Dot colour={colourOf(label)} />}
          />
          <Counts title="Types of edges" counts={Object.entries(types)} onChoose={onType} isCode />
          <Counts
            title="Realms"
            counts={Object.entries(realms).map(([realm, count]) => [realm, count.nodes])}
            onChoose={(realm) => change({ realm: [realm], found: true })}
          />
          <Counts
            title="Sources"
            counts={Object.entries(sources).map(([source, count]) => [source, count.nodes])}
            nameOf={nameOf}
            onChoose={(source) => change({ source, found: true })}
          />
        </div>
      </div>
    </div>
  );
}

interface CountsProps {
  title: string;
  counts: readonly [string, number][];
  nameOf?: (key: string) => string;
  mark?: (key: string) => ReactNode;
  isCode?: boolean;
  onChoose: (key: string) => void;
}

function Counts({ title, counts, nameOf, mark, isCode, onChoose }: CountsProps) {
  const sorted = [...counts].sort(([, one], [, other]) => other - one);
  const most = sorted[0]?.[1] ?? 1;
  return (
    <section className="min-w-0">
      <h3 className="mb-1 text-xs font-medium text-muted">{title}</h3>
      <ul>
        {sorted.map(([key, count]) => (
          <li key={key}>
            <button
              type="button"
              onClick={() => onChoose(key)}
              className="relative flex w-full items-center gap-2 overflow-hidden rounded px-2 py-1 text-left hover:bg-sunken"
            >
              <span
                aria-hidden
                className="absolute inset-y-0.5 left-0 rounded bg-accent-soft"
                style={{ width: `${Math.max(1, (count / most) * 100)}%` }}
              />
              <span className="relative flex min-w-0 items-center gap-2">
                {mark?.(key)}
                <span className={isCode ? "truncate font-mono text-xs" : "truncate"}>
                  {nameOf?.(key) ?? key}
                </span>
              </span>
              <span className="relative ml-auto tabular-nums">{counted(count)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
