"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Activity } from "lucide-react";
import Link from "next/link";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { Duration, RunState, useNames } from "@/features/agents";
import {
  tasksRunsInfiniteOptions,
  type Task,
  type TaskRun,
  type TaskRunState,
} from "@/lib/api/client";
import { paged } from "@/lib/api/paged";
import { Button } from "@/ui/button";
import { Listing, type Column } from "@/ui/listing";
import { Moment } from "@/ui/moment";
import { Select } from "@/ui/select";
import { Empty } from "@/ui/states";
import { causeInWords } from "../lib/trigger-words";
import { RunNow } from "./run-now";

const STATES = [
  "pending",
  "running",
  "waiting_approval",
  "succeeded",
  "failed",
  "cancelled",
] as const satisfies readonly TaskRunState[];

const OPTIONS = [
  { value: "", label: "Every state" },
  ...STATES.map((value) => ({ value, label: value.replace("_", " for ") })),
];

/** What a task did, the newest first. */
export function TaskRuns({ task }: { task: Task }) {
  const nameOf = useNames();
  const [state, setState] = useQueryState("state", parseAsStringLiteral(STATES));
  const runs = useInfiniteQuery({
    ...tasksRunsInfiniteOptions({ path: { task_id: task.id } }),
    ...paged,
    // The API knows no filter by state: it is looked for in what was read.
    select: (data) => ({
      ...data,
      pages: data.pages.map((page) => ({
        ...page,
        items: page.items.filter((run) => state === null || run.state === state),
      })),
    }),
  });
  const columns: readonly Column<TaskRun>[] = [
    {
      head: "Run",
      cell: (run) => (
        <div>
          <Link
            href={`/tasks/?task=${task.id}&run=${run.id}`}
            className="font-medium hover:text-accent hover:underline"
          >
            <Moment at={run.created_at} />
          </Link>
          <p className="text-xs text-muted">{causeInWords(run.cause, nameOf)}</p>
        </div>
      ),
    },
    {
      head: "State",
      cell: (run) => (
        <div className="grid justify-items-start gap-0.5">
          <RunState state={run.state} />
          {run.error && (
            <span title={run.error.message} className="max-w-48 truncate text-xs text-muted">
              {run.error.code.replaceAll("_", " ")}
            </span>
          )}
        </div>
      ),
    },
    {
      head: "Output",
      wide: true,
      cell: (run) => (
        <p className="line-clamp-2 max-w-md text-muted" title={run.output ?? undefined}>
          {run.output ?? run.error?.message ?? "–"}
        </p>
      ),
    },
    { head: "Took", end: true, cell: (run) => <Duration run={run} /> },
  ];
  return (
    <>
      <header className="flex flex-wrap items-center justify-between gap-3 border-b px-4 py-2.5">
        <h2 className="font-semibold">Runs</h2>
        <Select
          aria-label="Which runs"
          className="h-8 text-xs"
          value={state ?? ""}
          options={OPTIONS}
          onChange={({ target }) =>
            void setState(STATES.find((one) => one === target.value) ?? null)
          }
        />
      </header>
      <Listing
        label="Runs"
        query={runs}
        columns={columns}
        keyOf={({ id }) => id}
        empty={
          state === null ? (
            <Empty icon={Activity} title="It has not run yet" action={<RunNow task={task} />}>
              Run it by hand to see what it does before its trigger sets it off.
            </Empty>
          ) : (
            <Empty
              icon={Activity}
              title="None of these"
              action={
                runs.hasNextPage ? (
                  <Button busy={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
                    Look further back
                  </Button>
                ) : (
                  <Button onClick={() => void setState(null)}>Show every state</Button>
                )
              }
            >
              No run that was read is in this state.
            </Empty>
          )
        }
      />
    </>
  );
}
