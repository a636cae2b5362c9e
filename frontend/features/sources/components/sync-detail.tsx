"use client";

import { useQuery } from "@tanstack/react-query";
import { sourcesSyncsReadOptions, type Sync } from "@/lib/api/client";
import { Badge } from "@/ui/badge";
import { Code } from "@/ui/code";
import { Dialog } from "@/ui/dialog";
import { Moment } from "@/ui/moment";
import { Failure, SkeletonRows } from "@/ui/states";
import { isUnderWay, phaseOf } from "../lib/progress";
import { countsInWords, durationOf, PHASES } from "../lib/words";
import { SyncErrors } from "./sync-errors";
import { SyncProgress } from "./sync-progress";

interface Props {
  sourceId: string;
  syncId: string;
  onClose: () => void;
}

/** One sync: what it changed, what it could not read, what a worker said of it. */
export function SyncDetail({ sourceId, syncId, onClose }: Props) {
  const path = { source_id: sourceId, job_id: syncId };
  const sync = useQuery({
    ...sourcesSyncsReadOptions({ path }),
    refetchInterval: ({ state }) => (isUnderWay(state.data) ? 1_000 : false),
  });
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Sync" note={syncId} side>
      {sync.isPending && <SkeletonRows rows={3} />}
      {sync.error && <Failure error={sync.error} retry={() => void sync.refetch()} />}
      {sync.data && <Detail sync={sync.data} />}
    </Dialog>
  );
}

function Detail({ sync }: { sync: Sync }) {
  const { word, tone } = PHASES[phaseOf(sync).kind];
  return (
    <div className="grid gap-5">
      <p className="flex flex-wrap items-center gap-2">
        <Badge tone={tone}>{word}</Badge>
        <Moment at={sync.started_at ?? sync.created_at} />
        <span className="text-muted">took {durationOf(sync)}</span>
      </p>
      {isUnderWay(sync) ? <SyncProgress sync={sync} /> : <p>{countsInWords(sync.counts)}</p>}
      {sync.errors.length > 0 && (
        <section className="grid gap-2">
          <h3 className="font-semibold">
            {sync.state === "failed" ? "Why it failed" : `Not read (${sync.errors.length})`}
          </h3>
          <SyncErrors errors={sync.errors} />
        </section>
      )}
      {sync.log?.length > 0 && (
        <section className="grid gap-2">
          <h3 className="font-semibold">What the worker said</h3>
          <Code label="the log">{sync.log.map((line) => line.line).join("\n")}</Code>
        </section>
      )}
    </div>
  );
}
