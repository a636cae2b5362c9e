"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { useState } from "react";
import { useNames } from "@/features/agents";
import {
  agentsReadOptions,
  tasksReadOptions,
  tasksReadQueryKey,
  type Task,
} from "@/lib/api/client";
import { Card } from "@/ui/card";
import { Page } from "@/ui/page";
import { Failure, SkeletonRows } from "@/ui/states";
import { Tabs } from "@/ui/tabs";
import { useRunsFollowed } from "../hooks/use-runs-followed";
import { HookCard } from "./hook-card";
import { HookSecret } from "./hook-secret";
import { RunNow } from "./run-now";
import { TaskEditor } from "./task-editor";
import { TaskFacts } from "./task-facts";
import { TaskMenu } from "./task-menu";
import { TaskRuns } from "./task-runs";

const TABS = parseAsStringLiteral(["runs", "settings"]).withDefault("runs");
const BACK = { href: "/tasks/", label: "Tasks" };

/** One task: what sets it off, what it did, and what it is. */
export function TaskDetail({ taskId }: { taskId: string }) {
  const path = { task_id: taskId };
  const task = useQuery(tasksReadOptions({ path }));
  const queries = useQueryClient();
  useRunsFollowed((changed) => {
    // A run moves the next tick and what was skipped.
    if (changed !== taskId) return;
    void queries.invalidateQueries({ queryKey: tasksReadQueryKey({ path }) });
  });
  if (task.data) return <Loaded task={task.data} />;
  return (
    <Page title="Task" back={BACK}>
      {task.error ? (
        <Failure error={task.error} retry={() => void task.refetch()} />
      ) : (
        <SkeletonRows />
      )}
    </Page>
  );
}

function Loaded({ task }: { task: Task }) {
  const [tab, setTab] = useQueryState("tab", TABS);
  const [ask, setAsk] = useQueryState("ask");
  const [secret, setSecret] = useState<string | null>(null);
  const nameOf = useNames();
  const agent = useQuery(agentsReadOptions({ path: { agent_id: task.agent_id } }));
  return (
    <Page
      title={task.name}
      back={BACK}
      note={`${agent.data?.name ?? "An agent"}, as ${nameOf(task.run_as)}`}
      actions={
        <>
          <RunNow task={task} asked={ask !== null} onAsked={() => void setAsk(null)} />
          <TaskMenu task={task} />
        </>
      }
    >
      <TaskFacts task={task} />
      <Tabs
        label="Of this task"
        value={tab}
        onChange={(value) => void setTab(value === "settings" ? value : null)}
        tabs={[
          {
            value: "runs",
            label: "Runs",
            content: (
              <div className="grid gap-5">
                {task.trigger.kind === "webhook" && <HookCard task={task} onSecret={setSecret} />}
                <Card>
                  <TaskRuns task={task} />
                </Card>
              </div>
            ),
          },
          {
            value: "settings",
            label: "Settings",
            keeps: true,
            content: (
              <TaskEditor
                task={task}
                agent=""
                onSaved={({ trigger }) => setSecret(trigger.secret ?? null)}
              />
            ),
          },
        ]}
      />
      {secret && (
        <HookSecret trigger={task.trigger} secret={secret} onDone={() => setSecret(null)} />
      )}
    </Page>
  );
}
