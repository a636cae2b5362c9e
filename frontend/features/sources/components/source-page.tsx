"use client";

import { MoreHorizontal, PlugZap, RefreshCw, Trash2 } from "lucide-react";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { useState } from "react";
import type { Source, SourceKind } from "@/lib/api/client";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Menu } from "@/ui/menu";
import { Page } from "@/ui/page";
import { Failure, SkeletonRows } from "@/ui/states";
import { Tabs } from "@/ui/tabs";
import { useKindOf } from "../hooks/use-catalog";
import { useRights } from "../hooks/use-rights";
import { useSource } from "../hooks/use-source";
import { useSync } from "../hooks/use-sync";
import { isUnderWay } from "../lib/progress";
import { stateOf } from "../lib/words";
import { DeleteSource } from "./delete-source";
import { SourceOverview } from "./source-overview";
import { SourceSettings } from "./source-settings";
import { SourceTools } from "./source-tools";
import { SyncHistory } from "./sync-history";
import { useTest } from "../hooks/use-test";

const BACK = { href: "/sources/", label: "Sources" };
const TABS = ["overview", "settings", "history", "tools"] as const;

/** One source: how it stands, its settings, its syncs and its tools. */
export function SourcePage({ id }: { id: string }) {
  const source = useSource(id);
  const kindOf = useKindOf();
  if (source.data) return <Known source={source.data} kind={kindOf(source.data)} />;
  return (
    <Page title="Source" back={BACK}>
      <Card>
        {source.error ? (
          <Failure error={source.error} retry={() => void source.refetch()} />
        ) : (
          <SkeletonRows />
        )}
      </Card>
    </Page>
  );
}

function Known({ source, kind }: { source: Source; kind: SourceKind | undefined }) {
  const [tab, setTab] = useQueryState("tab", parseAsStringLiteral(TABS).withDefault("overview"));
  const syncs = kind?.syncs ?? true;
  const { word, tone } = stateOf(source, syncs);
  const shown = TABS.filter((name) => syncs || name !== "history");
  const labels = { overview: "Overview", settings: "Settings", history: "Syncs", tools: "Tools" };
  return (
    <Page
      title={source.name}
      back={BACK}
      note={
        <span className="flex flex-wrap items-center gap-2">
          {kind?.title ?? source.source_type} · {source.realm} <Badge tone={tone}>{word}</Badge>
        </span>
      }
      actions={<Actions source={source} syncs={syncs} />}
    >
      <Tabs
        label="About the source"
        value={tab}
        onChange={(value) => void setTab(TABS.find((name) => name === value) ?? null)}
        tabs={shown.map((name) => ({
          value: name,
          label: labels[name],
          keeps: name === "settings",
          content: <Tab name={name} source={source} kind={kind} />,
        }))}
      />
    </Page>
  );
}

interface TabProps {
  name: (typeof TABS)[number];
  source: Source;
  kind: SourceKind | undefined;
}

function Tab({ name, source, kind }: TabProps) {
  if (!kind) return <SkeletonRows />;
  switch (name) {
    case "overview":
      return <SourceOverview source={source} kind={kind} />;
    case "settings":
      return <SourceSettings key={source.updated_at} source={source} kind={kind} />;
    case "history":
      return <SyncHistory sourceId={source.id} />;
    case "tools":
      return <SourceTools source={source} />;
  }
}

function Actions({ source, syncs }: { source: Source; syncs: boolean }) {
  const { mayWrite, why } = useRights();
  const { start, isStarting } = useSync(source.id);
  const test = useTest(source.id);
  const [isDeleting, setDeleting] = useState(false);
  const isSyncing = source.last_sync?.state === "queued" || source.last_sync?.state === "running";
  return (
    <>
      {syncs && (
        <Button
          kind="primary"
          busy={isStarting}
          disabled={!mayWrite || isSyncing}
          title={why ?? (isUnderWay(source.last_sync) ? "A sync is under way." : undefined)}
          onClick={start}
        >
          <RefreshCw aria-hidden /> Sync now
        </Button>
      )}
      <Menu
        trigger={
          <Button size="icon" aria-label={`More for ${source.name}`}>
            <MoreHorizontal />
          </Button>
        }
        items={[
          { label: "Test the connection", icon: PlugZap, disabled: !mayWrite, onSelect: test },
          {
            label: "Disconnect…",
            icon: Trash2,
            danger: true,
            disabled: !mayWrite,
            onSelect: () => setDeleting(true),
          },
        ]}
      />
      <DeleteSource source={source} open={isDeleting} onOpenChange={setDeleting} />
    </>
  );
}
