"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { History } from "lucide-react";
import Link from "next/link";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { approvalsInboxInfiniteOptions } from "@/lib/api/client";
import { paged } from "@/lib/api/paged";
import { useRefreshed } from "@/lib/live";
import { Button } from "@/ui/button";
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
  const shown = all.filter((it) => state === "all" || it.state === state || it.id === chosen);
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-muted" role="status">
          {shown.length} of {inbox.data.pages[0]?.total ?? shown.length}
        </p>
        <Select
          aria-label="State"
          options={OPTIONS}
          value={state}
          onChange={(event) => void setState(event.target.value as (typeof FILTERS)[number])}
        />
      </div>
      {shown.length === 0 && (
        <Empty
          icon={History}
          title={state === "all" ? "Nothing was decided yet" : "Nothing in this state"}
          action={
            <Button asChild>
              <Link href="/chat/">Go to the chat</Link>
            </Button>
          }
        />
      )}
      {shown.map((approval) => (
        <ApprovalItem key={approval.id} approval={approval} isChosen={approval.id === chosen} />
      ))}
      {inbox.hasNextPage && (
        <Button busy={inbox.isFetchingNextPage} onClick={() => void inbox.fetchNextPage()}>
          Show more
        </Button>
      )}
    </div>
  );
}
