import type { Task } from "@/lib/api/client";
import { Moment } from "@/ui/moment";
import { nextOf } from "../lib/trigger-words";

const exact = new Intl.DateTimeFormat("en", {
  weekday: "short",
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

/** When a task runs next, in words and exactly, by the reader's clock. */
export function NextRun({ task }: { task: Task }) {
  const next = nextOf(task);
  if ("why" in next) return <span className="text-muted">{next.why}</span>;
  return (
    <div>
      <Moment at={next.at} />
      <p className="text-xs whitespace-nowrap text-muted tabular-nums">
        {exact.format(new Date(next.at))}
      </p>
    </div>
  );
}
