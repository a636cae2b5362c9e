"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { History } from "lucide-react";
import { parseAsString, useQueryState } from "nuqs";
import { sourcesSyncsInfiniteOptions, type Sync } from "@/lib/api/client";
import { paged } from "@/lib/api/paged";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Listing, type Column } from "@/ui/listing";
import { Moment } from "@/ui/moment";
import { Empty } from "@/ui/states";
import { useRights } from "../hooks/use-rights";
import { useSync } from "../hooks/use-sync";
import { phaseOf } from "../lib/progress";
import { durationOf, PHASES } from "../lib/words";
import { SyncDetail } from "./sync-detail";

const NUMBERS = new Intl.NumberFormat("en");

/** Every sync of a source, the newest first. */
export function SyncHistory({ sourceId }: { sourceId: string }) {
  const query = useInfiniteQuery({
    ...sourcesSyncsInfiniteOptions({ path: { source_id: sourceId } }),
    ...paged,
  });
  const [open, setOpen] = useQueryState("sync", parseAsString);
  const { mayWrite } = useRights();
  const { start, isStarting } = useSync(sourceId);

  const counted = (head: string, of: (sync: Sync) => number): Column<Sync> => ({
    head,
    end: true,
    wide: true,
    cell: (sync) => NUMBERS.format(of(sync)),
  });
  const columns: Column<Sync>[] = [
    {
      head: "Started",
      cell: (sync) => (
        <button
          type="button"
          onClick={() => void setOpen(sync.id)}
          className="min-h-6 rounded font-medium hover:text-accent"
        >
          <Moment at={sync.started_at ?? sync.created_at} />
        </button>
      ),
    },
    {
      head: "State",
      cell: (sync) => {
        const { word, tone } = PHASES[phaseOf(sync).kind];
        return <Badge tone={tone}>{word}</Badge>;
      },
    },
    counted("Added", ({ counts }) => counts.added),
    counted("Changed", ({ counts }) => counts.changed),
    counted("Archived", ({ counts }) => counts.archived),
    counted("Unchanged", ({ counts }) => counts.unchanged),
    {
      head: "Errors",
      end: true,
      cell: ({ errors }) => (
        <span className={errors.length > 0 ? "text-bad" : "text-muted"}>{errors.length}</span>
      ),
    },
    { head: "Took", end: true, cell: durationOf },
  ];

  return (
    <Card>
      <Listing
        label="Syncs"
        query={query}
        columns={columns}
        keyOf={(sync) => sync.id}
        selected={open}
        empty={
          <Empty
            icon={History}
            title="No sync yet"
            action={
              mayWrite && (
                <Button busy={isStarting} onClick={start}>
                  Sync now
                </Button>
              )
            }
          >
            Every sync is kept here, with what it changed and what it could not read.
          </Empty>
        }
      />
      {open && <SyncDetail sourceId={sourceId} syncId={open} onClose={() => void setOpen(null)} />}
    </Card>
  );
}
