"use client";

import Link from "next/link";
import { isUnderWay, SyncProgress, useSync } from "@/features/sources";
import type { Source } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";

/** The first sync: how far it is, or why there is none. */
export function SyncStep({ source }: { source: Source }) {
  const { start, isStarting } = useSync(source.id);
  const sync = source.last_sync;
  if (sync && isUnderWay(sync)) {
    return (
      <div className="max-w-xl">
        <SyncProgress sync={sync} />
      </div>
    );
  }
  const failure = sync?.state === "failed" ? (sync.errors[0]?.message ?? "") : null;
  return (
    <div className="grid max-w-xl gap-3">
      {failure !== null && (
        <Notice tone="bad" title={`${source.name} could not be synced.`}>
          {failure}
        </Notice>
      )}
      <div className="flex flex-wrap gap-2">
        <Button kind="primary" busy={isStarting} onClick={start}>
          {failure === null ? `Sync ${source.name}` : "Try again"}
        </Button>
        <Button asChild>
          <Link href={`/sources/?source=${source.id}`}>Look at the source</Link>
        </Button>
      </div>
    </div>
  );
}
