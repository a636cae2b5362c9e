"use client";

import { useQueryClient, type InfiniteData } from "@tanstack/react-query";
import type { PageOfSource, PageOfSync, Source, Sync } from "@/lib/api/client";
import { useLive } from "@/lib/live";
import { advanced, fold, isOver, updateOf, type SyncUpdate } from "../lib/progress";

/** What speaks of sources, and is read anew when a sync is over. */
const ABOUT_SOURCES = ["sourcesList", "sourcesRead", "sourcesSyncs", "graphStats"] as const;

/** A list is read page by page, or its first page alone. */
type Listed<Page> = Page | InfiniteData<Page>;

/** Keeps everything that was read of sources as the socket tells it. */
export function useSourcesLive() {
  const queries = useQueryClient();

  function refresh() {
    for (const _id of ABOUT_SOURCES) void queries.invalidateQueries({ queryKey: [{ _id }] });
  }

  function tell(update: SyncUpdate, at: string) {
    const source = (one: Source) => advanced(one, update, at);
    queries.setQueriesData<Source>(
      { queryKey: [{ _id: "sourcesRead" }] },
      (old) => old && source(old),
    );
    queries.setQueriesData<Listed<PageOfSource>>(
      { queryKey: [{ _id: "sourcesList" }] },
      (old) => old && inPages(old, (page) => ({ ...page, items: page.items.map(source) })),
    );
    const sync = (one: Sync) => (one.id === update.id ? fold(one, update, at) : one);
    queries.setQueriesData<Listed<PageOfSync>>(
      { queryKey: [{ _id: "sourcesSyncs", path: { source_id: update.source_id } }] },
      (old) => old && inPages(old, (page) => ({ ...page, items: page.items.map(sync) })),
    );
  }

  useLive("sources", {
    onEvent: ({ event, data, ts }) => {
      const update = event === "sync.updated" ? updateOf(data) : null;
      if (update) tell(update, ts);
      // A new sync has no row yet, and one that is over has errors and counts to show.
      if (!update || update.state === "queued" || isOver(update.state)) refresh();
    },
    onReset: refresh,
    onFollowed: refresh,
  });
}

function inPages<Page extends object>(
  data: Listed<Page>,
  change: (page: Page) => Page,
): Listed<Page> {
  return "pages" in data ? { ...data, pages: data.pages.map(change) } : change(data);
}
