"use client";

import Link from "next/link";
import { useQueryState } from "nuqs";
import type { Message } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Card, CardHead } from "@/ui/card";
import { Notice } from "@/ui/notice";
import type { Ran } from "../lib/timeline";
import { Said } from "./said";
import { Timeline } from "./timeline";

interface Props {
  run: Ran & { usage?: Message["usage"] };
  /** What was said and done in it, the oldest first. */
  messages: readonly Message[];
}

/** What happened in a run: what was asked, the timeline, and the answer. */
export function Trace({ run, messages }: Props) {
  const [span, setSpan] = useQueryState("span", { defaultValue: "run" });
  const answers = messages.filter((message) => message.role === "assistant");
  const asked = messages.filter((message) => message.role === "user");
  const waiting = answers
    .flatMap((answer) => answer.tool_calls)
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
          {waiting.reason}
        </Notice>
      )}
      <Card className="min-w-0 overflow-hidden">
        <CardHead title="Timeline" note="Times of turns lie between those of the calls." />
        <Timeline
          run={{ ...run, usage: run.usage ?? answers.at(-1)?.usage ?? null }}
          answers={answers}
          selected={span}
          onSelect={(id) => void setSpan(id)}
        />
      </Card>
      <div className="grid min-w-0 items-start gap-5 lg:grid-cols-2">
        <Said title="Asked" messages={asked} none="Nothing was asked yet." />
        <Said title="Answered" messages={answers} none="Nothing was said yet." />
      </div>
    </>
  );
}
