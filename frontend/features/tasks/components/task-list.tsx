"use client";

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { ListTodo, Plus } from "lucide-react";
import Link from "next/link";
import { RunState } from "@/features/agents";
import { covers, useMe } from "@/features/session";
import {
  tasksListInfiniteOptions,
  tasksListQueryKey,
  tasksRunsOptions,
  type Task,
} from "@/lib/api/client";
import { paged } from "@/lib/api/paged";
import { useRefreshed } from "@/lib/live";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Listing, type Column } from "@/ui/listing";
import { Moment } from "@/ui/moment";
import { Page } from "@/ui/page";
import { Empty } from "@/ui/states";
import { triggerInWords } from "../lib/trigger-words";
import { useRunsFollowed } from "../hooks/use-runs-followed";
import { NextRun } from "./next-run";
import { RunNow } from "./run-now";
import { TaskMenu } from "./task-menu";
import { TaskSwitch } from "./task-switch";

const COLUMNS: readonly Column<Task>[] = [
  {
    head: "Task",
    cell: (task) => (
      <div className="max-w-sm min-w-40">
        <Link
          href={`/tasks/?task=${task.id}`}
          className="font-medium hover:text-accent hover:underline"
        >
          {task.name}
        </Link>
        <p className="text-xs text-muted">{triggerInWords(task.trigger)}</p>
      </div>
    ),
  },
  { head: "On", cell: (task) => <TaskSwitch task={task} /> },
  { head: "Next run", wide: true, cell: (task) => <NextRun task={task} /> },
  { head: "Last run", wide: true, cell: (task) => <LastRun taskId={task.id} /> },
  {
    head: <span className="sr-only">What can be done</span>,
    end: true,
    cell: (task) => (
      <div className="flex items-center justify-end gap-1">
        <RunNow task={task} small />
        <TaskMenu task={task} />
      </div>
    ),
  },
];

/** Every task of one's realms. */
export function TaskList() {
  const { role } = useMe();
  const tasks = useInfiniteQuery({ ...tasksListInfiniteOptions(), ...paged });
  useRefreshed("tasks", tasksListQueryKey());
  useRunsFollowed();
  const make = covers(role, "member") && (
    <Button asChild kind="primary">
      <Link href="/tasks/?new=1">
        <Plus /> New task
      </Link>
    </Button>
  );
  const some = (tasks.data?.pages[0]?.items.length ?? 0) > 0;
  return (
    <Page
      title="Tasks"
      note="What agents do without anybody asking: by the clock, a webhook, or what happens."
      actions={some && make}
    >
      <Card>
        <Listing
          label="Tasks"
          query={tasks}
          columns={COLUMNS}
          keyOf={({ id }) => id}
          empty={
            <Empty icon={ListTodo} title="No tasks yet" action={make}>
              A task is an agent, what it is told, and what sets it off. Nobody has to be there.
            </Empty>
          }
        />
      </Card>
    </Page>
  );
}

/** How it went the last time. */
function LastRun({ taskId }: { taskId: string }) {
  const runs = useQuery(tasksRunsOptions({ path: { task_id: taskId }, query: { limit: 1 } }));
  const last = runs.data?.items[0];
  if (runs.isPending) return <span className="text-muted">…</span>;
  if (!last) return <span className="text-muted">never</span>;
  return (
    <Link
      href={`/tasks/?task=${taskId}&run=${last.id}`}
      className="inline-flex items-center gap-2 hover:underline"
    >
      <RunState state={last.state} />
      <span className="text-xs text-muted">
        <Moment at={last.created_at} />
      </span>
    </Link>
  );
}
