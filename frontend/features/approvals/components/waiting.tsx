"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { CircleCheckBig } from "lucide-react";
import Link from "next/link";
import { approvalsInboxInfiniteOptions, type Approval } from "@/lib/api/client";
import { paged } from "@/lib/api/paged";
import { useRefreshed } from "@/lib/live";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { Empty, Failure, SkeletonRows } from "@/ui/states";
import { ApprovalItem } from "./approval-item";

interface Props {
  chosen: string | null;
  decided: ReadonlyMap<string, Approval>;
  onDecided: (approval: Approval) => void;
}

/** What the caller may decide, across conversations; those decided just now stay. */
export function Waiting({ chosen, decided, onDecided }: Props) {
  const options = approvalsInboxInfiniteOptions({ query: { limit: 50 } });
  const inbox = useInfiniteQuery({ ...options, ...paged });
  useRefreshed("approvals", options.queryKey);
  if (inbox.isPending) return <SkeletonRows rows={3} />;
  if (!inbox.data) return <Failure error={inbox.error} retry={() => void inbox.refetch()} />;
  const waiting = inbox.data.pages.flatMap((page) => page.items);
  const gone = [...decided.values()].filter(({ id }) => !waiting.some((it) => it.id === id));
  const items = [...waiting, ...gone].toSorted((a, b) => b.created_at.localeCompare(a.created_at));
  const isElsewhere = chosen && !items.some(({ id }) => id === chosen);
  return (
    <div className="grid gap-4" aria-live="polite">
      {isElsewhere && (
        <Notice
          action={
            <Button size="sm" asChild>
              <Link href={`/approvals/?view=decided&approval=${chosen}`}>
                Look among the decided
              </Link>
            </Button>
          }
        >
          That approval does not wait for you any more: it was decided, expired, or is not yours to
          decide.
        </Notice>
      )}
      {items.length === 0 && (
        <Empty
          icon={CircleCheckBig}
          title="Nothing waits for you"
          action={
            <Button asChild>
              <Link href="/chat/">Go to the chat</Link>
            </Button>
          }
        >
          When an agent wants to change something, it asks here and in its conversation.
        </Empty>
      )}
      {items.map((approval) => (
        <ApprovalItem
          key={approval.id}
          approval={decided.get(approval.id) ?? approval}
          isChosen={approval.id === chosen}
          onDecided={onDecided}
        />
      ))}
      {inbox.hasNextPage && (
        <Button busy={inbox.isFetchingNextPage} onClick={() => void inbox.fetchNextPage()}>
          Show more
        </Button>
      )}
    </div>
  );
}
