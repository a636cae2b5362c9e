"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { covers, useMe } from "@/features/session";
import {
  tasksListQueryKey,
  tasksReadQueryKey,
  tasksUpdateMutation,
  type Task,
} from "@/lib/api/client";
import { Switch } from "@/ui/switch";

/** Whether anything sets a task off. */
export function TaskSwitch({ task }: { task: Task }) {
  const { role } = useMe();
  const queries = useQueryClient();
  const update = useMutation({
    ...tasksUpdateMutation(),
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: tasksListQueryKey() }),
        queries.invalidateQueries({ queryKey: tasksReadQueryKey({ path: { task_id: task.id } }) }),
      ]),
  });
  // What was asked for shows until the answer is there; a refusal shows what still holds.
  const asked = update.isPending ? update.variables.body?.enabled : undefined;
  const mayWrite = covers(role, "member");
  return (
    <Switch
      aria-label={`${task.name} is on`}
      title={mayWrite ? undefined : "Members switch tasks"}
      checked={asked ?? task.enabled}
      disabled={!mayWrite}
      onCheckedChange={(enabled) =>
        update.mutate({ path: { task_id: task.id }, body: { enabled } })
      }
    />
  );
}
