"use client";

import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { History } from "lucide-react";
import Link from "next/link";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import {
  conversationsApprovalsOptions,
  conversationsListOptions,
  type Approval,
} from "@/lib/api/client";
import { useLive } from "@/lib/live";
import { Button } from "@/ui/button";
import { Select } from "@/ui/select";
import { Empty, Failure, SkeletonRows } from "@/ui/states";
import { STATES } from "../lib/words";
import { ApprovalItem } from "./approval-item";

/** The API lists decided approvals by conversation: those of the latest are read. */
const CONVERSATIONS = 20;

const FILTERS = ["all", "approved", "denied", "expired", "cancelled", "superseded"] as const;
const OPTIONS = FILTERS.map((value) => ({
  value,
  label: value === "all" ? "In any state" : STATES[value].label,
}));

/** What was decided in the latest conversations, and what came of it. */
export function Decided({ chosen }: { chosen: string | null }) {
  const [state, setState] = useQueryState(
    "state",
    parseAsStringLiteral(FILTERS).withDefault("all"),
  );
  const { approvals, error, isPending, refetch } = useDecided();
  const shown = approvals.filter((it) => state === "all" || it.state === state || it.id === chosen);
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-muted">In your {CONVERSATIONS} latest conversations.</p>
        <Select
          aria-label="State"
          options={OPTIONS}
          value={state}
          onChange={(event) => void setState(event.target.value as (typeof FILTERS)[number])}
        />
      </div>
      {isPending && <SkeletonRows rows={3} />}
      {error && <Failure error={error} retry={refetch} />}
      {!isPending && !error && shown.length === 0 && (
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
    </div>
  );
}

function useDecided() {
  const queries = useQueryClient();
  const latest = useQuery(conversationsListOptions({ query: { limit: CONVERSATIONS } }));
  const options = (latest.data?.items ?? []).map(({ id }) =>
    conversationsApprovalsOptions({ path: { conversation_id: id }, query: { limit: 50 } }),
  );
  const pages = useQueries({ queries: options });
  const refresh = () => {
    for (const { queryKey } of options) void queries.invalidateQueries({ queryKey });
  };
  useLive("approvals", { onEvent: refresh, onReset: refresh });
  const approvals: Approval[] = pages
    .flatMap((page) => page.data?.items ?? [])
    .filter((approval) => approval.state !== "pending")
    .toSorted((a, b) => when(b).localeCompare(when(a)));
  return {
    approvals,
    error: latest.error ?? pages.find((page) => page.error)?.error ?? null,
    isPending: latest.isPending || pages.some((page) => page.isPending),
    refetch: () => {
      void latest.refetch();
      refresh();
    },
  };
}

function when({ decided_at, created_at }: Approval): string {
  return decided_at ?? created_at;
}
