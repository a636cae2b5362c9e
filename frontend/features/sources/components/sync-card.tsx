"use client";

import Link from "next/link";
import type { Source, SourceKind, Sync } from "@/lib/api/client";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card, CardHead } from "@/ui/card";
import { Moment } from "@/ui/moment";
import { useRights } from "../hooks/use-rights";
import { useSync } from "../hooks/use-sync";
import { isUnderWay, phaseOf } from "../lib/progress";
import { count, countsInWords, durationOf, PHASES } from "../lib/words";
import { SyncErrors } from "./sync-errors";
import { SyncProgress } from "./sync-progress";

const FEW = 5;

/** The newest sync of a source: its progress while it runs, and what came of it. */
export function SyncCard({ source, kind }: { source: Source; kind: SourceKind }) {
  const { mayWrite } = useRights();
  const { start, isStarting, cancel, isCancelling } = useSync(source.id);
  const sync = source.last_sync;
  if (!sync) {
    const isBare = kind.uploads && !source.content_bytes;
    return (
      <Card>
        <CardHead title="Not synced yet" />
        <div className="flex flex-wrap items-center justify-between gap-3 p-4">
          <p className="text-muted">
            {isBare
              ? "Upload a file in the settings, or give a URL."
              : "Nothing of it is in the graph yet."}
          </p>
          {mayWrite && isBare && (
            <Button asChild>
              <Link href={`/sources/?source=${source.id}&tab=settings`}>Open the settings</Link>
            </Button>
          )}
          {mayWrite && !isBare && (
            <Button busy={isStarting} onClick={start}>
              Sync now
            </Button>
          )}
        </div>
      </Card>
    );
  }
  const { word, tone } = PHASES[phaseOf(sync).kind];
  return (
    <Card>
      <CardHead title="Newest sync" actions={<Badge tone={tone}>{word}</Badge>} />
      <div className="grid gap-4 p-4">
        {isUnderWay(sync) ? (
          <SyncProgress
            sync={sync}
            actions={
              mayWrite &&
              sync.state !== "succeeded" && (
                <Button size="sm" busy={isCancelling} onClick={cancel}>
                  Cancel
                </Button>
              )
            }
          />
        ) : (
          <Outcome sync={sync} sourceId={source.id} />
        )}
      </div>
    </Card>
  );
}

function Outcome({ sync, sourceId }: { sync: Sync; sourceId: string }) {
  const failed = sync.state === "failed";
  return (
    <>
      <p role="status">
        {outcomeOf(sync)}{" "}
        <span className="text-muted">
          · <Moment at={sync.finished_at} />
        </span>
      </p>
      {sync.errors.length > 0 && (
        <div className="grid gap-2">
          {!failed && (
            <p className="text-warn">{count(sync.errors.length, "record")} could not be read:</p>
          )}
          <SyncErrors errors={sync.errors.slice(0, FEW)} />
          {sync.errors.length > FEW && (
            <Link
              className="w-fit rounded text-accent underline-offset-2 hover:underline"
              href={`/sources/?source=${sourceId}&tab=history&sync=${sync.id}`}
            >
              All {sync.errors.length}
            </Link>
          )}
        </div>
      )}
    </>
  );
}

function outcomeOf(sync: Sync): string {
  if (sync.state === "failed") return "It failed; the graph is as it was before.";
  if (sync.state === "cancelled") return "It was cancelled; the graph is as it was before.";
  return `${countsInWords(sync.counts)} in ${durationOf(sync)}`;
}
