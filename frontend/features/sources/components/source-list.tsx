"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Database, Plus } from "lucide-react";
import Link from "next/link";
import { sourcesListInfiniteOptions, type Source } from "@/lib/api/client";
import { paged } from "@/lib/api/paged";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Listing, type Column } from "@/ui/listing";
import { Moment } from "@/ui/moment";
import { Page } from "@/ui/page";
import { Empty } from "@/ui/states";
import { useKindOf } from "../hooks/use-catalog";
import { useRights } from "../hooks/use-rights";
import { isUnderWay } from "../lib/progress";
import { gistOf, stateOf } from "../lib/words";
import { KindIcon } from "./kind-icon";
import { SyncBar } from "./sync-progress";

/** Every source that one may see, and how it stands. */
export function SourceList() {
  const query = useInfiniteQuery({ ...sourcesListInfiniteOptions({ query: {} }), ...paged });
  const { mayWrite, why } = useRights();
  const kindOf = useKindOf();

  const connect = mayWrite ? (
    <Button kind="primary" asChild>
      <Link href="/sources/?new=1">
        <Plus aria-hidden /> Connect a source
      </Link>
    </Button>
  ) : (
    <Button kind="primary" disabled title={why}>
      <Plus aria-hidden /> Connect a source
    </Button>
  );

  const columns: Column<Source>[] = [
    {
      head: "Source",
      cell: (source) => (
        <Link
          href={`/sources/?source=${source.id}`}
          className="flex items-center gap-3 rounded font-medium hover:text-accent"
        >
          <span className="grid size-8 shrink-0 place-items-center rounded-md border bg-sunken">
            <KindIcon sourceType={source.source_type} />
          </span>
          <span className="grid">
            <span className="wrap-anywhere">{source.name}</span>
            <span className="text-xs font-normal text-muted">
              {kindOf(source)?.title ?? source.source_type}
            </span>
          </span>
        </Link>
      ),
    },
    { head: "State", cell: (source) => <State source={source} syncs={kindOf(source)?.syncs} /> },
    {
      head: "Last sync",
      wide: true,
      cell: (source) => <LastSync source={source} syncs={kindOf(source)?.syncs} />,
    },
    { head: "Realm", wide: true, cell: (source) => source.realm },
  ];

  const isEmpty = query.data?.pages[0]?.total === 0;
  return (
    <Page
      title="Sources"
      note="Systems that agentcy reads into the graph, and whose tools its agents may use."
      actions={!isEmpty && connect}
    >
      <Card>
        <Listing
          label="Sources"
          query={query}
          columns={columns}
          keyOf={(source) => source.id}
          empty={
            <Empty icon={Database} title="Nothing is connected yet" action={connect}>
              A source is where knowledge comes from: a repository, a database, a file. A git
              repository is a good first one; it needs no account.
            </Empty>
          }
        />
      </Card>
    </Page>
  );
}

function State({ source, syncs = true }: { source: Source; syncs?: boolean | undefined }) {
  const { word, tone } = stateOf(source, syncs);
  if (source.last_sync && source.state === "syncing" && isUnderWay(source.last_sync)) {
    return (
      <span className="grid w-28 gap-1.5">
        <Badge tone={tone} className="w-fit">
          {word}
        </Badge>
        <SyncBar sync={source.last_sync} />
      </span>
    );
  }
  return <Badge tone={tone}>{word}</Badge>;
}

function LastSync({ source, syncs = true }: { source: Source; syncs?: boolean | undefined }) {
  const sync = source.last_sync;
  if (!syncs) return <span className="text-muted">tools only</span>;
  if (!sync) return <span className="text-muted">never</span>;
  return (
    <span className="grid">
      <Moment at={sync.finished_at ?? sync.started_at ?? sync.created_at} />
      <span className="max-w-72 truncate text-xs text-muted">{gistOf(sync)}</span>
    </span>
  );
}
