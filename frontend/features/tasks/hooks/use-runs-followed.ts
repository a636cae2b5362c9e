import { useQueryClient } from "@tanstack/react-query";
import { tasksRunsQueryKey } from "@/lib/api/client";
import { useLive } from "@/lib/live";

/** Reads the runs of tasks anew when one of them changes. */
export function useRunsFollowed(onRun?: (taskId: string) => void) {
  const queries = useQueryClient();
  useLive("tasks", {
    onEvent: ({ data }) => {
      const { task_id: id } = data as { task_id?: string };
      if (!id) return;
      void queries.invalidateQueries({ queryKey: tasksRunsQueryKey({ path: { task_id: id } }) });
      onRun?.(id);
    },
    onReset: () => void queries.invalidateQueries(),
    onFollowed: () => void queries.invalidateQueries({ queryKey: [{ _id: "tasksRuns" }] }),
  });
}
