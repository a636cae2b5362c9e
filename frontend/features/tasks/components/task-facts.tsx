import { Fact, Facts } from "@/features/agents";
import type { Task } from "@/lib/api/client";
import { Badge } from "@/ui/badge";
import { Card } from "@/ui/card";
import { Moment } from "@/ui/moment";
import { Notice } from "@/ui/notice";
import { triggerInWords } from "../lib/trigger-words";
import { NextRun } from "./next-run";
import { TaskSwitch } from "./task-switch";

const OVERLAPS = {
  skip: "is skipped",
  queue: "waits for its turn",
  cancel_previous: "stops the other",
} as const;

/** What sets a task off, and when it does next. */
export function TaskFacts({ task }: { task: Task }) {
  const { trigger, realm } = task;
  return (
    <Card className="grid gap-4 p-4">
      <Facts>
        <Fact name="On">
          <TaskSwitch task={task} />
        </Fact>
        <Fact name="Set off">{triggerInWords(trigger)}</Fact>
        {trigger.cron && (
          <Fact name="Cron">
            <code className="font-mono text-xs">{trigger.cron}</code>
          </Fact>
        )}
        <Fact name="Next run">
          <NextRun task={task} />
        </Fact>
        <Fact name="A run meanwhile">{OVERLAPS[trigger.overlap]}</Fact>
        <Fact name="Realm">{realm ? <Badge>{realm}</Badge> : "every one that it sees"}</Fact>
      </Facts>
      {trigger.skipped && (
        <Notice tone="warn" title="An event was not followed">
          {trigger.skipped.why} (<Moment at={trigger.skipped.at} />)
        </Notice>
      )}
    </Card>
  );
}
