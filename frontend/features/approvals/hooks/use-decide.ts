"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import {
  ApiError,
  approvalsDecide,
  approvalsInboxQueryKey,
  conversationsApprovalsQueryKey,
  type Approval,
  type DecisionBody,
} from "@/lib/api/client";

/** Decides an approval. That somebody else was first is no fault: what they decided is shown. */
export function useDecide(
  { id, conversation_id }: Pick<Approval, "id" | "conversation_id">,
  onDecided?: (approval: Approval) => void,
) {
  const queries = useQueryClient();
  const path = { conversation_id, approval_id: id };
  return useMutation({
    mutationFn: async (body: DecisionBody) => (await approvalsDecide({ path, body })).data,
    // What failed stands in the card.
    meta: { quiet: true },
    onSuccess: (approval) => onDecided?.(approval),
    onSettled: (_, error) => {
      const isOver = !error || (error instanceof ApiError && error.status === 409);
      if (!isOver) return;
      void queries.invalidateQueries({ queryKey: approvalsInboxQueryKey() });
      const of = conversationsApprovalsQueryKey({ path: { conversation_id } });
      void queries.invalidateQueries({ queryKey: of });
    },
  });
}
