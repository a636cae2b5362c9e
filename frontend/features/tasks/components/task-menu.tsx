"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Bot, Copy, Ellipsis, Settings2, Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { toast } from "@/ui/toast";
import { covers, useMe } from "@/features/session";
import { tasksListQueryKey, tasksRemoveMutation, type Task } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/confirm";
import { Menu } from "@/ui/menu";

/** What can be done with a task. */
export function TaskMenu({ task }: { task: Task }) {
  const { role } = useMe();
  const router = useRouter();
  const queries = useQueryClient();
  const [asks, setAsks] = useState(false);
  const remove = useMutation({
    ...tasksRemoveMutation(),
    onSuccess: () => {
      setAsks(false);
      toast.success(`${task.name} is deleted.`);
      void queries.invalidateQueries({ queryKey: tasksListQueryKey() });
      router.replace("/tasks/");
    },
  });
  return (
    <>
      <Menu
        trigger={
          <Button kind="quiet" size="icon-sm" aria-label={`More of ${task.name}`}>
            <Ellipsis />
          </Button>
        }
        items={[
          {
            label: "Settings",
            icon: Settings2,
            onSelect: () => router.push(`/tasks/?task=${task.id}&tab=settings`),
          },
          {
            label: "Its agent",
            icon: Bot,
            onSelect: () => router.push(`/agents/?agent=${task.agent_id}`),
          },
          {
            label: "Copy the id",
            icon: Copy,
            onSelect: () => void navigator.clipboard.writeText(task.id),
          },
          {
            label: "Delete…",
            icon: Trash2,
            danger: true,
            disabled: !covers(role, "member"),
            onSelect: () => setAsks(true),
          },
        ]}
      />
      <Confirm
        open={asks}
        onOpenChange={setAsks}
        title={`Delete the task ${task.name}?`}
        action="Delete the task"
        busy={remove.isPending}
        onConfirm={() => remove.mutate({ path: { task_id: task.id } })}
      >
        Its runs go with it, and those that go on are stopped. Their conversations stay.
      </Confirm>
    </>
  );
}
