"use client";

import Link from "next/link";
import {
  costInWords,
  Duration,
  Fact,
  Facts,
  IdFact,
  RunState,
  tokensInWords,
  useNames,
} from "@/features/agents";
import type { TaskRunDetail } from "@/lib/api/client";
import { Card } from "@/ui/card";
import { Json } from "@/ui/code";
import { Moment } from "@/ui/moment";
import { causeInWords } from "../lib/trigger-words";

/** Where a run stands, what set it off, and what it was given. */
export function RunFacts({ run }: { run: TaskRunDetail }) {
  const nameOf = useNames();
  const usage = run.transcript?.findLast((message) => message.usage)?.usage;
  const model = run.transcript?.findLast((message) => message.model)?.model;
  return (
    <Card className="grid gap-4 p-4">
      <div className="flex flex-wrap items-center gap-2" aria-live="polite">
        <RunState state={run.state} />
        {run.error && (
          <span className="text-bad">
            {run.error.message} <span className="text-xs">({run.error.code})</span>
          </span>
        )}
        {run.state === "pending" && (
          <span className="text-muted">Its agent begins in a moment.</span>
        )}
      </div>
      <Facts>
        <Fact name="Set off">{causeInWords(run.cause, nameOf)}</Fact>
        {run.cause.kind === "schedule" && (
          <Fact name="Tick">
            <Moment at={run.cause.tick} />
          </Fact>
        )}
        <Fact name="Took">
          <Duration run={run} />
        </Fact>
        <Fact name="Attempt">{run.attempt}</Fact>
        {usage && <Fact name="Tokens read → written">{tokensInWords(usage)}</Fact>}
        {usage && <Fact name="Cost">{costInWords(usage)}</Fact>}
        {model && <Fact name="Model">{model}</Fact>}
        <IdFact name="Id" id={run.id} what="the id of the run" />
        {run.causes.length > 0 && (
          <Fact name="Led to by">
            {run.causes.map((task) => (
              <Link
                key={task}
                href={`/tasks/?task=${task}`}
                className="text-accent hover:underline"
              >
                another task
              </Link>
            ))}
          </Fact>
        )}
        {run.delivery_id && (
          <IdFact name="Delivery" id={run.delivery_id} what="the id of the delivery" />
        )}
      </Facts>
      {run.input !== null && run.input !== undefined && (
        <details>
          <summary className="min-h-6 cursor-pointer text-xs text-muted hover:text-text">
            What was filled in
          </summary>
          <div className="pt-2">
            <Json label="the input" value={run.input} />
          </div>
        </details>
      )}
    </Card>
  );
}
