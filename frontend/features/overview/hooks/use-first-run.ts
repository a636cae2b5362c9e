"use client";

import { useQuery } from "@tanstack/react-query";
import { useCatalog, useSourcesLive } from "@/features/sources";
import { conversationsListOptions, sourcesListOptions } from "@/lib/api/client";
import { firstRunOf, type FirstRun } from "../lib/first-run";

const SHOWN = 200;
const LOOK_EVERY_MS = 1_000;

/** Where this person is on the way to a first answer; undefined until that is known. */
export function useFirstRun(): FirstRun | undefined {
  useSourcesLive();
  const sources = useSources();
  const asked = useQuery(conversationsListOptions({ query: { limit: 1 } }));
  const catalog = useCatalog();
  // What cannot be read stands in nobody's way: the overview says what failed.
  if (sources.isError || asked.isError || catalog.isError) return { step: "over" };
  if (!sources.data || !asked.data || !catalog.data) return undefined;
  const toolsOnly = catalog.data.items.filter(({ syncs }) => !syncs);
  return firstRunOf({
    sources: sources.data.items,
    hasAsked: asked.data.total > 0,
    toolsOnly: new Set(toolsOnly.map(({ source_type }) => source_type)),
  });
}

/** Every source with its last sync, looked for again until the graph shows what was written. */
export function useSources() {
  return useQuery({
    ...sourcesListOptions({ query: { limit: SHOWN } }),
    refetchInterval: ({ state }) =>
      state.data?.items.some(
        ({ last_sync }) => last_sync?.state === "succeeded" && !last_sync.projected,
      )
        ? LOOK_EVERY_MS
        : false,
  });
}
