"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { MessageSquare, Square } from "lucide-react";
import Link from "next/link";
import { isActive, Trace, useRunFollowed } from "@/features/agents";
import { covers, useMe } from "@/features/session";
import {
  tasksReadOptions,
  tasksRunsCancelMutation,
  tasksRunsQueryKey,
  tasksRunsReadOptions,
  tasksRunsReadQueryKey,
  type TaskRunDetail,
} from "@/lib/api/client";
import { useRefreshed } from "@/lib/live";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Moment } from "@/ui/moment";
import { Notice } from "@/ui/notice";
import { Page } from "@/ui/page";
import { Failure, SkeletonRows } from "@/ui/states";
import { RunAudit } from "./run-audit";
import { RunFacts } from "./run-facts";
import { RunNow } from "./run-now";

interface Props {
  taskId: string;
  runId: string;
}

/** One run of a task, followed while it goes on. */
export function TaskRun({ taskId, runId }: Props) {
  const path = { task_id: taskId, run_id: runId };
  const task = useQuery(tasksReadOptions({ path: { task_id: taskId } }));
  const run = useQuery(tasksRunsReadOptions({ path }));
  const key = tasksRunsReadQueryKey({ path });
  const goes = run.data && isActive(run.data.state);
  // Until its agent begins there is no run to follow; the task says when it does.
  useRefreshed(goes === false ? null : "tasks", key);
  useRunFollowed(goes ? (run.data?.run_id ?? null) : null, [key]);
  return (
    <Page
      title="Run"
      back={{
        href: `/tasks/?task=${taskId}`,
        label: task.data ? `Runs of ${task.data.name}` : "Runs",
      }}
      note={run.data && <Moment at={run.data.created_at} />}
      actions={
        <>
          {run.data && <Actions run={run.data} />}
          {task.data && goes === false && <RunNow task={task.data} />}
        </>
      }
    >
      {run.isPending && <SkeletonRows />}
      {run.error && !run.data && <Failure error={run.error} retry={() => void run.refetch()} />}
      {run.data && <Loaded run={run.data} />}
    </Page>
  );
}

function Loaded({ run }: { run: TaskRunDetail }) {
  return (
    <>
      <RunFacts run={run} />
      {run.run_id && !run.transcript && (
        <Notice title="What was said in it is not for you">
          Its conversation is of realms that you do not see.
        </Notice>
      )}
      {run.transcript && run.transcript.length > 0 && <Trace run={run} messages={run.transcript} />}
      {run.truncated && <Notice>There is more in its conversation than stands here.</Notice>}
      <Card>
        <RunAudit run={run} />
      </Card>
    </>
  );
}

function Actions({ run }: { run: TaskRunDetail }) {
  const { role } = useMe();
  const queries = useQueryClient();
  const path = { task_id: run.task_id, run_id: run.id };
  const cancel = useMutation({
    ...tasksRunsCancelMutation(),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: tasksRunsReadQueryKey({ path }) });
      void queries.invalidateQueries({
        queryKey: tasksRunsQueryKey({ path: { task_id: run.task_id } }),
      });
    },
  });
  const mayStop = covers(role, "member");
  return (
    <>
      {isActive(run.state) && (
        <Button
          busy={cancel.isPending}
          disabled={!mayStop}
          title={mayStop ? undefined : "Members stop runs"}
          onClick={() => cancel.mutate({ path })}
        >
          <Square /> Stop it
        </Button>
      )}
      {run.conversation_id && run.transcript && (
        <Button asChild>
          <Link href={`/chat/?conversation=${run.conversation_id}`}>
            <MessageSquare /> Open the conversation
          </Link>
        </Button>
      )}
    </>
  );
}
