"use client";

import { useQuery } from "@tanstack/react-query";
import { approvalsInboxOptions } from "@/lib/api/client";
import { useRefreshed } from "@/lib/live";

/** How many approvals wait for this person. */
export function useWaitingApprovals(): number {
  const inbox = approvalsInboxOptions({ query: { limit: 1 } });
  useRefreshed("approvals", inbox.queryKey);
  return useQuery(inbox).data?.total ?? 0;
}
