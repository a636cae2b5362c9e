"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { History } from "lucide-react";
import Link from "next/link";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { approvalsInboxInfiniteOptions } from "@/lib/api/client";
import { paged } from "@/lib/api/paged";
import { useRefreshed } from "@/lib/live";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { Select } from "@/ui/select";
import { Empty, Failure, SkeletonRows } from "@/ui/states";
import { STATES } from "../lib/words";
import { ApprovalItem } from "./approval-item";

const FILTERS = ["all", "approved", "denied", "expired", "cancelled", "superseded"] as const;
const OPTIONS = FILTERS.map((value) => ({
  value,
  label: value === "all" ? "In any state" : STATES[value].label,
}));

/** What was decided, the latest first, and what came of it. */
export function Decided({ chosen }: { chosen: string | null }) {
  const [state, setState] = useQueryState(
    "state",
    parseAsStringLiteral(FILTERS).withDefault("all"),
  );
  const options = approvalsInboxInfiniteOptions({ query: { state: "decided", limit: 50 } });
  const inbox = useInfiniteQuery({ ...options, ...paged });
  useRefreshed("approvals", options.queryKey);
  if (inbox.isPending) return <SkeletonRows rows={3} />;
  if (!inbox.data) return <Failure error={inbox.error} retry={() => void inbox.refetch()} />;
  const all = inbox.data.pages.flatMap((page) => page.items);
  const isElsewhere = chosen !== null && !all.some(({ id }) => id === chosen);
  const further = inbox.hasNextPage && (
    <Button size="sm" busy={inbox.isFetchingNextPage} onClick={() => void inbox.fetchNextPage()}>
      Look further back
    </Button>
  );
  const shown = all.filter((it) => state === "all" || it.state === state || it.id === chosen);
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-muted" role="status">
          {state === "all"
            ? `${shown.length} of ${inbox.data.pages[0]?.total ?? shown.length}`
            : `${shown.length} of the ${all.length} that were read`}
        </p>
        <Select
          aria-label="State"
          options={OPTIONS}
          value={state}
          onChange={(event) => void setState(event.target.value as (typeof FILTERS)[number])}
        />
      </div>
      {isElsewhere && (
        <Notice
          action={
            further || (
              <Button size="sm" asChild>
                <Link href={`/approvals/?approval=${chosen}`}>Look among the waiting</Link>
              </Button>
            )
          }
        >
          {further
            ? `That approval is not among the ${all.length} that were read.`
            : "That approval is not among the decided: it waits, or is not yours to see."}
        </Notice>
      )}
      {shown.length === 0 &&
        (state === "all" ? (
          <Empty
            icon={History}
            title="Nothing was decided yet"
            action={
              <Button asChild>
                <Link href="/chat/">Go to the chat</Link>
              </Button>
            }
          />
        ) : (
          <Empty
            icon={History}
            title="None of these"
            action={
              further || <Button onClick={() => void setState(null)}>Show every state</Button>
            }
          >
            No approval that was read is in this state.
          </Empty>
        ))}
      {shown.map((approval) => (
        <ApprovalItem key={approval.id} approval={approval} isChosen={approval.id === chosen} />
      ))}
      {inbox.hasNextPage && shown.length > 0 && (
        <Button busy={inbox.isFetchingNextPage} onClick={() => void inbox.fetchNextPage()}>
          Show more
        </Button>
      )}
    </div>
  );
}
