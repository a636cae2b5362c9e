"use client";

import { Database } from "lucide-react";
import Link from "next/link";
import { gistOf, KindIcon, stateOf, SyncBar, useKindOf } from "@/features/sources";
import type { Source } from "@/lib/api/client";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card, CardHead } from "@/ui/card";
import { Moment } from "@/ui/moment";
import { Empty, Failure, SkeletonRows } from "@/ui/states";
import { useSources } from "../hooks/use-first-run";

const SHOWN = 5;

function syncedAt({ last_sync, created_at }: Source): string {
  return last_sync?.finished_at ?? last_sync?.created_at ?? created_at;
}

/** The sources that were synced last, those that failed first. */
export function LastSyncs() {
  const sources = useSources();
  const rows = sources.data?.items.toSorted(
    (one, other) =>
      Number(other.state === "failed") - Number(one.state === "failed") ||
      syncedAt(other).localeCompare(syncedAt(one)),
  );
  return (
    <Card>
      <CardHead
        title="Last syncs"
        actions={
          <Button size="sm" asChild>
            <Link href="/sources/">All sources</Link>
          </Button>
        }
      />
      {sources.isPending && <SkeletonRows rows={3} />}
      {!sources.data && sources.error && (
        <Failure error={sources.error} retry={() => void sources.refetch()} />
      )}
      {rows?.length === 0 && <Empty icon={Database} title="Nothing is connected yet" />}
      {rows && rows.length > 0 && (
        <ul className="divide-y">
          {rows.slice(0, SHOWN).map((source) => (
            <Row key={source.id} source={source} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function Row({ source }: { source: Source }) {
  const sync = source.last_sync;
  const kindOf = useKindOf();
  const syncs = kindOf(source)?.syncs ?? true;
  const { word, tone } = stateOf(source, syncs);
  return (
    <li>
      <Link
        href={`/sources/?source=${source.id}`}
        className="grid grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-3 px-4 py-2.5 hover:bg-sunken/60"
      >
        <KindIcon sourceType={source.source_type} />
        <span className="min-w-0">
          <span className="block truncate font-medium">{source.name}</span>
          <span className="block truncate text-xs text-muted">
            {sync ? gistOf(sync) : syncs ? "not synced yet" : "tools only"}
          </span>
        </span>
        <span className="grid w-28 justify-items-end gap-1 text-xs text-muted">
          <Badge tone={tone}>{word}</Badge>
          {sync && source.state === "syncing" ? (
            <span className="block w-full">
              <SyncBar sync={sync} />
            </span>
          ) : (
            sync && <Moment at={syncedAt(source)} />
          )}
        </span>
      </Link>
    </li>
  );
}
