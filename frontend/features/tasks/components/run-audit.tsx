"use client";

import { useNames } from "@/features/agents";
import type { TaskRunDetail } from "@/lib/api/client";
import { Badge } from "@/ui/badge";
import { Moment } from "@/ui/moment";

/** Who set a run off, what its agent was permitted, and who decided and stopped. */
export function RunAudit({ run }: { run: TaskRunDetail }) {
  const nameOf = useNames();
  return (
    <details>
      <summary className="flex min-h-6 cursor-pointer items-center gap-2 px-4 py-3 font-semibold">
        Audit <span className="text-xs font-normal text-muted">{run.audit.length} entries</span>
      </summary>
      <ol className="border-t">
        {run.audit.map((entry, at) => (
          <li
            key={at}
            className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b px-4 py-2 last:border-0"
          >
            <span className="w-28 text-xs text-muted">
              <Moment at={entry.at} />
            </span>
            <code className="font-mono text-xs">{entry.action}</code>
            <span>{nameOf(entry.actor)}</span>
            {entry.decision !== "allowed" && <Badge tone="bad">{entry.decision}</Badge>}
            <code className="ml-auto truncate font-mono text-xs text-muted" title={entry.target}>
              {entry.target}
            </code>
          </li>
        ))}
      </ol>
    </details>
  );
}
