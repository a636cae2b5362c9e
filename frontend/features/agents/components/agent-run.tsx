"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { MessageSquare, Square } from "lucide-react";
import Link from "next/link";
import {
  agentsReadOptions,
  agentsRunsCancelMutation,
  agentsRunsQueryKey,
  agentsRunsReadOptions,
  agentsRunsReadQueryKey,
  messagesListQueryKey,
  type Run,
} from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Moment } from "@/ui/moment";
import { Page } from "@/ui/page";
import { Failure, SkeletonRows } from "@/ui/states";
import { useNames } from "../hooks/use-names";
import { useRunFollowed, useRunMessages } from "../hooks/use-run-messages";
import { costInWords, isActive, reasonInWords, tokensInWords } from "../lib/words";
import { Duration } from "./duration";
import { Fact, Facts, IdFact } from "./facts";
import { RunState } from "./run-state";
import { Trace } from "./trace";

/** One run of an agent: what was asked, what happened, and what came of it. */
export function AgentRun({ agentId, runId }: { agentId: string; runId: string }) {
  const path = { agent_id: agentId, run_id: runId };
  const agent = useQuery(agentsReadOptions({ path: { agent_id: agentId } }));
  const run = useQuery(agentsRunsReadOptions({ path }));
  const back = {
    href: `/agents/?agent=${agentId}`,
    label: agent.data ? `Runs of ${agent.data.name}` : "Runs",
  };
  return (
    <Page
      title="Run"
      back={back}
      note={run.data && <Moment at={run.data.created_at} />}
      actions={run.data && <Actions agentId={agentId} run={run.data} />}
    >
      {run.isPending && <SkeletonRows />}
      {run.error && !run.data && <Failure error={run.error} retry={() => void run.refetch()} />}
      {run.data && <Loaded agentId={agentId} run={run.data} />}
    </Page>
  );
}

function Loaded({ agentId, run }: { agentId: string; run: Run }) {
  const nameOf = useNames();
  const messages = useRunMessages(run.conversation_id, run.id);
  useRunFollowed(isActive(run.state) ? run.id : null, [
    agentsRunsReadQueryKey({ path: { agent_id: agentId, run_id: run.id } }),
    messagesListQueryKey({ path: { conversation_id: run.conversation_id } }),
  ]);
  return (
    <>
      <Card className="grid gap-3 p-4">
        <div className="flex flex-wrap items-center gap-2" aria-live="polite">
          <RunState state={run.state} />
          {run.finish_reason && <span>It {reasonInWords(run.finish_reason)}.</span>}
          {run.error && (
            <span className="text-bad">
              {run.error.message} <span className="text-xs">({run.error.code})</span>
            </span>
          )}
        </div>
        <Facts>
          <Fact name="Took">
            <Duration run={run} />
          </Fact>
          <Fact name="Tokens read → written">{tokensInWords(run.usage)}</Fact>
          <Fact name="Cost">{costInWords(run.usage)}</Fact>
          <Fact name="Model">{run.model ?? "–"}</Fact>
          <Fact name="Started by">{nameOf(run.started_by)}</Fact>
          <IdFact name="Id" id={run.id} what="the id of the run" />
          {run.attempt > 0 && <Fact name="Taken up again">{run.attempt} times</Fact>}
        </Facts>
      </Card>
      {messages.isPending && <SkeletonRows />}
      {messages.error && !messages.data && (
        <Failure error={messages.error} retry={() => void messages.refetch()} />
      )}
      {messages.data && <Trace run={run} messages={messages.data} />}
    </>
  );
}

function Actions({ agentId, run }: { agentId: string; run: Run }) {
  const queries = useQueryClient();
  const cancel = useMutation({
    ...agentsRunsCancelMutation(),
    onSuccess: () => {
      const path = { agent_id: agentId };
      void queries.invalidateQueries({ queryKey: agentsRunsQueryKey({ path }) });
      void queries.invalidateQueries({
        queryKey: agentsRunsReadQueryKey({ path: { ...path, run_id: run.id } }),
      });
    },
  });
  return (
    <>
      {isActive(run.state) && (
        <Button
          busy={cancel.isPending}
          onClick={() => cancel.mutate({ path: { agent_id: agentId, run_id: run.id } })}
        >
          <Square /> Stop it
        </Button>
      )}
      <Button asChild>
        <Link href={`/chat/?conversation=${run.conversation_id}`}>
          <MessageSquare /> Open the conversation
        </Link>
      </Button>
    </>
  );
}
