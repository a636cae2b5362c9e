"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useMe } from "@/features/session";
import { tasksListOptions, tasksRunsOptions, type Task, type TaskRunState } from "@/lib/api/client";
import { useRefreshed } from "@/lib/live";
import { Badge, type Tone } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card, CardHead } from "@/ui/card";
import { Moment } from "@/ui/moment";
import { Failure, SkeletonRows } from "@/ui/states";

const SHOWN = 5;

const STATES: Record<TaskRunState, { word: string; tone: Tone }> = {
  pending: { word: "pending", tone: "plain" },
  running: { word: "running", tone: "accent" },
  waiting_approval: { word: "waits for approval", tone: "warn" },
  succeeded: { word: "succeeded", tone: "good" },
  failed: { word: "failed", tone: "bad" },
  cancelled: { word: "cancelled", tone: "plain" },
};

/** The newest tasks, how each ran last, and when it runs next. */
export function Tasks() {
  const options = tasksListOptions({ query: { limit: SHOWN } });
  const { role } = useMe();
  useRefreshed("tasks", [{ _id: "tasksRuns" }]);
  useRefreshed("tasks", options.queryKey);
  const tasks = useQuery(options);
  return (
    <Card className="[&>header:last-child]:border-b-0">
      <CardHead
        title="Tasks"
        note={
          tasks.data?.total === 0
            ? "An agent can work on a schedule, on a webhook, or when something changes."
            : "How each ran last, and when it runs next"
        }
        actions={
          <Button size="sm" asChild>
            {tasks.data?.total === 0 && role !== "viewer" ? (
              <Link href="/tasks/?new=1">Make a task</Link>
            ) : (
              <Link href="/tasks/">All tasks</Link>
            )}
          </Button>
        }
      />
      {tasks.isPending && <SkeletonRows rows={3} />}
      {!tasks.data && tasks.error && (
        <Failure error={tasks.error} retry={() => void tasks.refetch()} />
      )}
      {tasks.data && tasks.data.items.length > 0 && (
        <ul className="divide-y">
          {tasks.data.items.map((task) => (
            <Row key={task.id} task={task} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function Row({ task }: { task: Task }) {
  const runs = useQuery(tasksRunsOptions({ path: { task_id: task.id }, query: { limit: 1 } }));
  const run = runs.data?.items[0];
  return (
    <li>
      <Link
        href={`/tasks/?task=${task.id}`}
        className="flex items-center justify-between gap-3 px-4 py-2.5 hover:bg-sunken/60"
      >
        <span className="min-w-0">
          <span className="block truncate font-medium">{task.name}</span>
          <span className="block text-xs text-muted">
            {!task.enabled && "off"}
            {task.enabled && task.next_run_at && (
              <>
                next <Moment at={task.next_run_at} />
              </>
            )}
            {task.enabled && !task.next_run_at && `on ${task.trigger.kind}`}
          </span>
        </span>
        {run && (
          <span className="grid justify-items-end gap-1 text-xs text-muted">
            <Badge tone={STATES[run.state].tone}>{STATES[run.state].word}</Badge>
            <Moment at={run.finished_at ?? run.started_at ?? run.created_at} />
          </span>
        )}
        {runs.data && !run && <span className="text-xs text-muted">never ran</span>}
      </Link>
    </li>
  );
}
