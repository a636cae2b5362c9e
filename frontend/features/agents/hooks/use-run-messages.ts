import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { messagesList, messagesListQueryKey, type Message } from "@/lib/api/client";
import { useLive } from "@/lib/live";

const PAGE = 200;
/** How far back it is looked: a chat may have gone on for long after the run. */
const MOST_PAGES = 10;

/** What was said and done in one run of a conversation, the oldest first. */
export function useRunMessages(conversationId: string, runId: string) {
  const path = { conversation_id: conversationId };
  return useQuery({
    queryKey: [...messagesListQueryKey({ path }), "run", runId],
    queryFn: async ({ signal }) => {
      const found: Message[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const { data } = await messagesList({
          path,
          query: { limit: PAGE, ...(cursor && { cursor }) },
          signal,
        });
        found.push(...data.items.filter((message) => message.run_id === runId));
        cursor = data.next_cursor ?? undefined;
        // The newest come first, so the question is the last of a run that is met.
        if (!cursor || found.some((message) => message.role === "user")) break;
      }
      return found.reverse();
    },
  });
}

const TEXT = new Set(["content_delta", "tool_call_delta"]);
const TEXT_PAUSE_MS = 700;

/** Reads queries anew while a run goes on: at once when something happened in it, now and then while it writes. */
export function useRunFollowed(runId: string | null, queryKeys: readonly (readonly unknown[])[]) {
  const queries = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  function refresh() {
    clearTimeout(timer.current);
    timer.current = undefined;
    for (const queryKey of queryKeys) void queries.invalidateQueries({ queryKey });
  }

  useLive(runId ? `run:${runId}` : null, {
    onEvent: ({ event }) => {
      if (TEXT.has(event)) timer.current ??= setTimeout(refresh, TEXT_PAUSE_MS);
      else refresh();
    },
    onReset: refresh,
    onFollowed: refresh,
  });
}
