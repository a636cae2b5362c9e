"use client";

import { useQuery } from "@tanstack/react-query";
import { CircleCheckBig } from "lucide-react";
import Link from "next/link";
import { approvalsInboxOptions } from "@/lib/api/client";
import { useRefreshed } from "@/lib/live";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Moment } from "@/ui/moment";
import { Empty, Failure, SkeletonRows } from "@/ui/states";
import { EFFECTS } from "../lib/words";

/** How many approvals wait for the caller; live. */
export function useWaiting(limit: number) {
  const options = approvalsInboxOptions({ query: { limit } });
  useRefreshed("approvals", options.queryKey);
  return useQuery(options);
}

/** What waits for the caller's decision, in short. */
export function WaitingApprovals({ limit = 5 }: { limit?: number }) {
  const waiting = useWaiting(limit);
  if (waiting.isPending) return <SkeletonRows rows={2} />;
  if (!waiting.data) return <Failure error={waiting.error} retry={() => void waiting.refetch()} />;
  const { items, total } = waiting.data;
  if (items.length === 0) {
    return (
      <Empty
        icon={CircleCheckBig}
        title="Nothing waits for you"
        action={
          <Button size="sm" asChild>
            <Link href="/approvals/">See what was decided</Link>
          </Button>
        }
      />
    );
  }
  return (
    <div aria-live="polite">
      <ul>
        {items.map(({ id, tool, effect, created_at }) => (
          <li key={id} className="border-b last:border-0">
            <Link
              href={`/approvals/?approval=${id}`}
              className="flex items-center gap-3 px-4 py-2.5 hover:bg-sunken/60"
            >
              <span className="min-w-0 flex-1 truncate font-mono text-xs">{tool}</span>
              <Badge tone={EFFECTS[effect].tone}>{EFFECTS[effect].label}</Badge>
              <span className="text-xs text-muted">
                <Moment at={created_at} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {total > items.length && (
        <p className="border-t px-4 py-2 text-xs text-muted">
          <Link href="/approvals/" className="underline-offset-2 hover:underline">
            {total - items.length} more
          </Link>
        </p>
      )}
    </div>
  );
}
