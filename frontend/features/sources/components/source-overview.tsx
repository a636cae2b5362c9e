"use client";

import { useQuery } from "@tanstack/react-query";
import { MessagesSquare, Waypoints } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { graphStatsOptions, type Source, type SourceKind } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Card, CardHead } from "@/ui/card";
import { Copy } from "@/ui/copy";
import { Moment } from "@/ui/moment";
import { configOf } from "../lib/draft";
import { phaseOf } from "../lib/progress";
import { count, durationOf, labelOf, questionsFor } from "../lib/words";
import { sizeInWords } from "./content-picker";
import { SyncCard } from "./sync-card";

interface Props {
  source: Source;
  kind: SourceKind;
}

/** How a source stands: the sync that runs, what it brought, and where to go from there. */
export function SourceOverview({ source, kind }: Props) {
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[1fr_20rem]">
      <div className="grid gap-4">
        {kind.syncs && <SyncCard source={source} kind={kind} />}
        {/* Counted anew when a sync is over, and when the graph shows it. */}
        <Brought
          key={`${source.last_sync?.id} ${phaseOf(source.last_sync).kind}`}
          source={source}
          kind={kind}
        />
      </div>
      <Facts source={source} kind={kind} />
    </div>
  );
}

function Brought({ source, kind }: Props) {
  const phase = phaseOf(source.last_sync).kind;
  const stats = useQuery({
    ...graphStatsOptions(),
    refetchOnMount: "always",
    enabled: kind.syncs,
  });
  const found = stats.data?.sources[source.id];
  if (kind.syncs && phase !== "done" && !found) return null;
  const question = questionsFor(source.source_type, labelOf(source))[0] ?? "";
  return (
    <Card>
      <CardHead
        title={kind.syncs ? "In the graph" : "Its tools"}
        note={kind.syncs ? undefined : "Agents call it live; nothing of it is kept."}
      />
      <div className="grid gap-4 p-4">
        {kind.syncs && (
          <p className="text-2xl font-semibold tracking-tight tabular-nums">
            {found
              ? `${count(found.nodes, "node")}, ${count(found.edges, "edge")}`
              : stats.isPending
                ? "…"
                : "0 nodes"}
          </p>
        )}
        <div className="flex flex-wrap gap-2">
          {kind.syncs && (
            <Button kind="primary" asChild>
              <Link href={`/graph/?source=${source.id}`}>
                <Waypoints aria-hidden /> See them in the graph
              </Link>
            </Button>
          )}
          <Button asChild>
            <Link href={`/chat/?draft=${encodeURIComponent(question)}`}>
              <MessagesSquare aria-hidden /> Ask about it
            </Link>
          </Button>
        </div>
      </div>
    </Card>
  );
}

function Facts({ source, kind }: Props) {
  const config = configOf(source);
  const target = [config.path, config.url, config.base_url].find((it) => typeof it === "string");
  const sync = source.last_sync;
  return (
    <Card>
      <CardHead title="About it" />
      <dl className="grid gap-3 p-4">
        <Fact name="Kind">{kind.title}</Fact>
        {target !== undefined && <Fact name="Reads">{String(target)}</Fact>}
        {kind.uploads && target === undefined && (
          <Fact name="File">
            {source.content_bytes ? sizeInWords(source.content_bytes) : "nothing uploaded yet"}
          </Fact>
        )}
        <Fact name="Realm">{source.realm}</Fact>
        <Fact name="Connected">
          <Moment at={source.created_at} />
        </Fact>
        {kind.syncs && (
          <Fact name="Last sync">
            <Moment at={sync?.finished_at ?? sync?.created_at} />
            {sync?.finished_at && <span className="text-muted"> · took {durationOf(sync)}</span>}
          </Fact>
        )}
        <Fact name="Tools">{kind.tools.length || "none"}</Fact>
        <Fact name="Id">
          <span className="flex items-center gap-1">
            <code className="min-w-0 truncate font-mono text-xs">{source.id}</code>
            <Copy text={source.id} what="the id" />
          </span>
        </Fact>
      </dl>
    </Card>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[6rem_minmax(0,1fr)] items-baseline gap-2">
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </div>
  );
}
