"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Activity, MessageSquare } from "lucide-react";
import Link from "next/link";
import { agentsRunsInfiniteOptions, agentsRunsQueryKey, type Run } from "@/lib/api/client";
import { paged } from "@/lib/api/paged";
import { useRefreshed } from "@/lib/live";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Listing, type Column } from "@/ui/listing";
import { Moment } from "@/ui/moment";
import { Empty } from "@/ui/states";
import { useNames } from "../hooks/use-names";
import { costInWords, isActive, reasonInWords, tokensInWords } from "../lib/words";
import { Duration } from "./duration";
import { RunState } from "./run-state";

const OFTEN_MS = 3_000;

/** What an agent did: one's own runs, and for admins everybody's. */
export function AgentRuns({ agentId }: { agentId: string }) {
  const nameOf = useNames();
  const path = { agent_id: agentId };
  const runs = useInfiniteQuery({
    ...agentsRunsInfiniteOptions({ path }),
    ...paged,
    // No topic tells of the runs of an agent, so what goes on is looked at now and then.
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.items.some((run) => isActive(run.state))) && OFTEN_MS,
  });
  useRefreshed("tasks", agentsRunsQueryKey({ path }));
  const columns: readonly Column<Run>[] = [
    {
      head: "Run",
      cell: (run) => (
        <Link
          href={`/agents/?agent=${agentId}&run=${run.id}`}
          className="font-medium hover:text-accent hover:underline"
        >
          <Moment at={run.created_at} />
        </Link>
      ),
    },
    {
      head: "State",
      cell: (run) => (
        <div className="grid justify-items-start gap-0.5">
          <RunState state={run.state} />
          <Why run={run} />
        </div>
      ),
    },
    { head: "Started by", wide: true, cell: (run) => nameOf(run.started_by) },
    { head: "Model", wide: true, cell: (run) => run.model ?? "–" },
    { head: "Tokens", wide: true, end: true, cell: (run) => tokensInWords(run.usage) },
    { head: "Cost", wide: true, end: true, cell: (run) => costInWords(run.usage) },
    { head: "Took", end: true, cell: (run) => <Duration run={run} /> },
  ];
  return (
    <Card>
      <Listing
        label="Runs"
        query={runs}
        columns={columns}
        keyOf={({ id }) => id}
        empty={
          <Empty
            icon={Activity}
            title="It has not run yet"
            action={
              <Button asChild kind="primary">
                <Link href={`/chat/?agent=${agentId}`}>
                  <MessageSquare /> Try it in chat
                </Link>
              </Button>
            }
          >
            Ask it something. Each answer is a run, with its turns, calls, tokens and cost.
          </Empty>
        }
      />
    </Card>
  );
}

/** Why a run ended, where that is not what one hopes for. */
function Why({ run }: { run: Run }) {
  const why = run.error?.message ?? (run.finish_reason && reasonInWords(run.finish_reason));
  if (!why || run.finish_reason === "end_turn") return null;
  return (
    <span title={why} className="max-w-56 truncate text-xs text-muted">
      {why}
    </span>
  );
}
