"use client";

import type { Worker } from "@/lib/api/client";
import { Code } from "@/ui/code";
import { Dialog } from "@/ui/dialog";

interface Props {
  worker: Worker;
  onClose: () => void;
}

/** How a worker is removed: it belongs to no org, so whoever holds its token does it. */
export function RemoveWorker({ worker, onClose }: Props) {
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      wide
      title={`Remove the worker ${worker.name}`}
      note="Workers belong to the server and to no org."
    >
      <div className="grid gap-3">
        <p>
          Stop it where it runs: on <code className="font-mono">SIGTERM</code> it gives back what it
          holds, and another goes on at once. One that is gone without a word is removed by whoever
          has the token:
        </p>
        <Code label="the removal of the worker">
          {`curl -X DELETE ${window.location.origin}/api/v1/workers/${worker.id} \\
  -H "authorization: Bearer $WORKER_TOKEN"`}
        </Code>
        <p className="text-muted">
          {worker.in_flight > 0
            ? `Its ${worker.in_flight} jobs of the org are due for others at once.`
            : "It has no jobs of this org."}
        </p>
      </div>
    </Dialog>
  );
}
