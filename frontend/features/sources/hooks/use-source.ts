"use client";

import { useQuery } from "@tanstack/react-query";
import { sourcesReadOptions } from "@/lib/api/client";
import { isUnderWay, phaseOf } from "../lib/progress";

const LOOK_EVERY_MS = 1_000;
const LOOK_AT_LEAST_MS = 5_000;

/**
 * A source as it stands. Nothing tells when the graph shows what a sync wrote, so that is looked for; and what is told
 * while the source is read for the first time may be newer than what comes back.
 */
export function useSource(id: string) {
  return useQuery({
    ...sourcesReadOptions({ path: { source_id: id } }),
    refetchInterval: ({ state }) => {
      const sync = state.data?.last_sync;
      if (phaseOf(sync).kind === "showing") return LOOK_EVERY_MS;
      return isUnderWay(sync) ? LOOK_AT_LEAST_MS : false;
    },
  });
}
