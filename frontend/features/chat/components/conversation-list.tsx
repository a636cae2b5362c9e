"use client";

import { keepPreviousData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { MessagesSquare, Search, SquarePen } from "lucide-react";
import Link from "next/link";
import { useQueryState } from "nuqs";
import { useDeferredValue } from "react";
import { conversationsListInfiniteOptions, conversationsListQueryKey } from "@/lib/api/client";
import { paged } from "@/lib/api/paged";
import { useLive } from "@/lib/live";
import { Button } from "@/ui/button";
import { Input } from "@/ui/field";
import { Failure, SkeletonRows } from "@/ui/states";
import { ConversationRow } from "./conversation-row";

/** No topic tells of other people's and other tabs' conversations. */
const READ_ANEW_EVERY = 30_000;
/** Each that is followed is a topic of the socket. */
const FOLLOWED = 8;

interface Props {
  selected: string | null;
  onFollow?: () => void;
}

/** Every conversation of the caller, the latest first; by words of theirs. */
export function ConversationList({ selected, onFollow }: Props) {
  const [words, setWords] = useQueryState("q", { defaultValue: "" });
  const q = useDeferredValue(words.trim());
  const list = useInfiniteQuery({
    ...conversationsListInfiniteOptions({ query: { limit: 50, archived: false, ...(q && { q }) } }),
    ...paged,
    placeholderData: keepPreviousData,
    refetchInterval: READ_ANEW_EVERY,
  });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const answering = items.filter((item) => item.active_run_id && item.id !== selected);
  return (
    <div className="flex h-full flex-col">
      <div className="grid gap-2 p-3">
        <Button kind="primary" asChild>
          <Link href="/chat/" {...(onFollow && { onClick: onFollow })}>
            <SquarePen aria-hidden /> New conversation
          </Link>
        </Button>
        <div className="relative">
          <Search
            className="pointer-events-none absolute top-2.5 left-2.5 size-4 text-muted"
            aria-hidden
          />
          <Input
            type="search"
            aria-label="Search in conversations"
            placeholder="Search"
            value={words}
            onChange={(event) => void setWords(event.target.value || null)}
            className="pl-8"
          />
        </div>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-2 pb-3">
        {list.isPending && <SkeletonRows rows={6} />}
        {list.error && !list.data && (
          <Failure error={list.error} retry={() => void list.refetch()} />
        )}
        {list.data && items.length === 0 && (
          <div className="grid justify-items-center gap-2 px-4 py-10 text-center text-muted">
            <MessagesSquare className="size-6" strokeWidth={1.5} aria-hidden />
            <p>{q ? "Nothing was said like that." : "What you ask will be kept here."}</p>
            {q && (
              <Button size="sm" onClick={() => void setWords(null)}>
                Clear the search
              </Button>
            )}
          </div>
        )}
        <ul className="grid grid-cols-[minmax(0,1fr)] gap-0.5">
          {items.map((item) => (
            <ConversationRow
              key={item.id}
              conversation={item}
              isSelected={item.id === selected}
              sought={words}
              {...(onFollow && { onFollow })}
            />
          ))}
        </ul>
        {list.hasNextPage && (
          <Button
            kind="quiet"
            size="sm"
            className="mt-2 w-full"
            busy={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Show more
          </Button>
        )}
      </div>
      {answering.slice(0, FOLLOWED).map(({ id }) => (
        <Watch key={id} id={id} />
      ))}
    </div>
  );
}

const TURNS = ["message_start", "approval_required", "approval_resolved", "message_end", "error"];

/** Reads the list anew when the answer of a conversation begins, waits or ends. */
function Watch({ id }: { id: string }) {
  const queries = useQueryClient();
  const refresh = () => void queries.invalidateQueries({ queryKey: conversationsListQueryKey() });
  useLive(`conversation:${id}`, {
    onEvent: ({ event }) => TURNS.includes(event) && refresh(),
    onReset: refresh,
    onFollowed: refresh,
  });
  return null;
}
