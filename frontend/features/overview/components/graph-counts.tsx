"use client";

import { useQuery } from "@tanstack/react-query";
import { Waypoints } from "lucide-react";
import Link from "next/link";
import { count } from "@/features/sources";
import { graphStatsOptions, type GraphStats } from "@/lib/api/client";
import { useRefreshed } from "@/lib/live";
import { Button } from "@/ui/button";
import { Card, CardHead } from "@/ui/card";
import { Notice } from "@/ui/notice";
import { Empty, Failure, SkeletonRows } from "@/ui/states";

const LABELS = 8;
const NUMBERS = new Intl.NumberFormat("en");

/** How large the graph is, and what it consists of. */
export function GraphCounts() {
  const options = graphStatsOptions();
  useRefreshed("graph", options.queryKey);
  const stats = useQuery({
    ...options,
    // Nothing tells that the graph has caught up.
    refetchInterval: ({ state }) => (state.data?.projection.behind ? 2_000 : false),
  });
  return (
    <Card>
      <CardHead
        title="Graph"
        actions={
          <Button size="sm" asChild>
            <Link href="/graph/">Open</Link>
          </Button>
        }
      />
      {stats.isPending && <SkeletonRows rows={4} />}
      {!stats.data && stats.error && (
        <Failure error={stats.error} retry={() => void stats.refetch()} />
      )}
      {stats.data && <Counts stats={stats.data} />}
    </Card>
  );
}

function Counts({ stats }: { stats: GraphStats }) {
  if (stats.nodes === 0) {
    return (
      <Empty
        icon={Waypoints}
        title="The graph is empty"
        action={
          <Button asChild>
            <Link href="/sources/">Open the sources</Link>
          </Button>
        }
      >
        It fills with the first sync.
      </Empty>
    );
  }
  const labels = Object.entries(stats.labels).toSorted(([, one], [, other]) => other - one);
  const most = labels[0]?.[1] ?? 1;
  return (
    <div className="grid gap-4 p-4">
      <dl className="grid grid-cols-2 gap-3">
        <Figure name="Nodes" value={stats.nodes} />
        <Figure name="Edges" value={stats.edges} />
      </dl>
      <Behind stats={stats} />
      <ul aria-label="Nodes by label" className="grid gap-0.5">
        {labels.slice(0, LABELS).map(([label, nodes]) => (
          <li key={label}>
            <Link
              href={`/graph/?label=${encodeURIComponent(label)}&results=true`}
              className="relative flex min-h-7 items-center justify-between gap-3 overflow-hidden rounded px-2 hover:bg-sunken"
            >
              <span
                aria-hidden
                className="absolute inset-y-0.5 left-0 rounded bg-accent-soft"
                style={{ width: `${Math.max((nodes / most) * 100, 1)}%` }}
              />
              <span className="relative truncate">{label}</span>
              <span className="relative text-muted tabular-nums">{NUMBERS.format(nodes)}</span>
            </Link>
          </li>
        ))}
      </ul>
      {labels.length > LABELS && (
        <p className="text-xs text-muted">and {count(labels.length - LABELS, "more label")}</p>
      )}
    </div>
  );
}

function Figure({ name, value }: { name: string; value: number }) {
  return (
    <div className="grid">
      <dt className="text-xs text-muted">{name}</dt>
      <dd className="text-2xl font-semibold tracking-tight tabular-nums">
        {NUMBERS.format(value)}
      </dd>
    </div>
  );
}

/** Said while graph queries do not see everything yet. */
function Behind({ stats: { projection } }: { stats: GraphStats }) {
  const { fault, rebuild, behind } = projection;
  if (fault)
    return (
      <Notice tone="bad" title="The graph does not follow.">
        {fault}
      </Notice>
    );
  if (rebuild) {
    return (
      <Notice title="The graph is made anew.">
        {NUMBERS.format(rebuild.done)} of {NUMBERS.format(rebuild.total)} are there.
      </Notice>
    );
  }
  if (behind === 0) return null;
  return (
    <p role="status" className="text-xs text-muted">
      {NUMBERS.format(behind)} changes are on their way.
    </p>
  );
}
