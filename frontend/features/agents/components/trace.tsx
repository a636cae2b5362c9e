"use client";

import Link from "next/link";
import { useQueryState } from "nuqs";
import type { Message } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Card, CardHead } from "@/ui/card";
import { Notice } from "@/ui/notice";
import { sentence } from "@/ui/fault";
import type { Ran } from "../lib/timeline";
import { Timeline } from "./timeline";

interface Props {
  run: Ran;
  /** What was said and done in it, the oldest first. */
  messages: readonly Message[];
}

/** What happened in a run, and what it waits for. */
export function Trace({ run, messages }: Props) {
  const [span, setSpan] = useQueryState("span", { defaultValue: "run" });
  const waiting = messages
    .flatMap((message) => message.tool_calls)
    .find((call) => call.approval?.state === "pending")?.approval;
  return (
    <>
      {waiting && (
        <Notice
          tone="warn"
          title={`It waits for a person to decide ${waiting.tool}.`}
          action={
            <Button asChild size="sm" kind="primary">
              <Link href={`/approvals/?approval=${waiting.id}`}>Decide it</Link>
            </Button>
          }
        >
          {sentence(waiting.reason)}
        </Notice>
      )}
      <Card className="min-w-0 overflow-hidden">
        <CardHead title="Timeline" note="Times of turns lie between those of the calls." />
        <Timeline
          run={run}
          messages={messages}
          selected={span}
          onSelect={(id) => void setSpan(id)}
        />
      </Card>
    </>
  );
}
