"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { sourcesSyncCancelMutation, sourcesSyncMutation } from "@/lib/api/client";

/** Starting a sync of a source, and stopping it. */
export function useSync(sourceId: string) {
  const queries = useQueryClient();
  const path = { source_id: sourceId };
  const onSettled = () => {
    void queries.invalidateQueries({ queryKey: [{ _id: "sourcesRead", path }] });
    void queries.invalidateQueries({ queryKey: [{ _id: "sourcesSyncs", path }] });
    void queries.invalidateQueries({ queryKey: [{ _id: "sourcesList" }] });
  };
  const start = useMutation({ ...sourcesSyncMutation(), onSettled });
  const cancel = useMutation({ ...sourcesSyncCancelMutation(), onSettled });
  return {
    start: () => start.mutate({ path }),
    isStarting: start.isPending,
    cancel: () => cancel.mutate({ path }),
    isCancelling: cancel.isPending,
  };
}
