"use client";

import { useQuery } from "@tanstack/react-query";
import { sourcesReadOptions } from "@/lib/api/client";
import { phaseOf } from "../lib/progress";

const LOOK_EVERY_MS = 1_000;

/** A source as it stands. Nothing tells when the graph shows what a sync wrote, so that is looked for. */
export function useSource(id: string) {
  return useQuery({
    ...sourcesReadOptions({ path: { source_id: id } }),
    refetchInterval: ({ state }) =>
      phaseOf(state.data?.last_sync).kind === "showing" && LOOK_EVERY_MS,
  });
}
