"use client";

import { useRouter } from "next/navigation";
import { useQueryState } from "nuqs";
import { useState } from "react";
import type { Task } from "@/lib/api/client";
import { Page } from "@/ui/page";
import { HookSecret } from "./hook-secret";
import { TaskDetail } from "./task-detail";
import { TaskEditor } from "./task-editor";
import { TaskList } from "./task-list";
import { TaskRun } from "./task-run";

/** Tasks: all of them, one, one that is being made, or a run of one, as the address says. */
export function Tasks() {
  const [task] = useQueryState("task");
  const [run] = useQueryState("run");
  const [isNew] = useQueryState("new");
  const [agent] = useQueryState("agent");
  const [made, setMade] = useState<Task | null>(null);
  const router = useRouter();
  const open = (task: Task) => router.replace(`/tasks/?task=${task.id}`);
  if (task && run) return <TaskRun key={run} taskId={task} runId={run} />;
  if (task) return <TaskDetail key={task} taskId={task} />;
  if (!isNew) return <TaskList />;
  return (
    <Page
      title="New task"
      back={{ href: "/tasks/", label: "Tasks" }}
      note="An agent, what it is told, and what sets it off."
    >
      <TaskEditor
        task={null}
        agent={agent ?? ""}
        onSaved={(task) => (task.trigger.secret ? setMade(task) : open(task))}
      />
      {made?.trigger.secret && (
        <HookSecret
          trigger={made.trigger}
          secret={made.trigger.secret}
          onDone={() => {
            // The secret goes with this view.
            setMade(null);
            open(made);
          }}
        />
      )}
    </Page>
  );
}
