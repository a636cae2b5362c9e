"use client";

import { useSyncExternalStore, type ReactNode } from "react";
import { Code } from "@/ui/code";
import { Dialog } from "@/ui/dialog";

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

const nothing = () => () => undefined;

/** How a worker is started, and who has to let it. */
export function StartWorker({ open, onOpenChange }: Props) {
  const server = useSyncExternalStore(
    nothing,
    () => window.location.origin,
    () => "https://agentcy.example.com",
  );
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      wide
      title="Start a worker"
      note="It needs a way to this server and to the sources, and no way in."
    >
      <ol className="grid gap-5">
        <Step number={1} title="Whoever runs the server sets a token">
          <p>At least 32 characters, the same on every replica. Without it there are no workers.</p>
          <Code label="the start of the server">
            {"WORKER_TOKEN=$(openssl rand -hex 32) agentcy serve"}
          </Code>
        </Step>
        <Step number={2} title="The owner of the org lets workers collect">
          <p>
            In the settings. From then on workers alone collect from sources that are reached by a
            URL; uploads and local paths stay with the server.
          </p>
        </Step>
        <Step number={3} title="Start it in the other network, with the same token">
          <Code label="the start of a worker">
            {`WORKER_TOKEN=... agentcy worker --server ${server} --label site=berlin`}
          </Code>
          <p>
            <code className="font-mono">--capacity</code> says how many syncs it does at once,{" "}
            <code className="font-mono">--cache DIR</code> keeps clones between them, and{" "}
            <code className="font-mono">AGENTCY_EGRESS_ALLOW</code> names the private networks that
            it may reach.
          </p>
        </Step>
      </ol>
    </Dialog>
  );
}

function Step({ number, title, children }: { number: number; title: string; children: ReactNode }) {
  return (
    <li className="grid min-w-0 grid-cols-[1.75rem_minmax(0,1fr)] gap-x-3 gap-y-2">
      <span
        aria-hidden
        className="grid size-7 place-items-center rounded-full bg-accent-soft text-xs font-semibold text-accent"
      >
        {number}
      </span>
      <h3 className="self-center font-medium">{title}</h3>
      <div className="col-start-2 grid min-w-0 gap-2 text-muted">{children}</div>
    </li>
  );
}
