"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { ServerCog, Trash2 } from "lucide-react";
import { useState } from "react";
import { workersListInfiniteOptions, type Worker } from "@/lib/api/client";
import { paged } from "@/lib/api/paged";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card, CardHead } from "@/ui/card";
import { Listing, type Column } from "@/ui/listing";
import { Moment } from "@/ui/moment";
import { Empty } from "@/ui/states";
import { RemoveWorker } from "./remove-worker";
import { StartWorker } from "./start-worker";

/** No topic tells of workers; each says every 5 seconds that it lives. */
const OFTEN_MS = 5_000;

/** The workers there are, and what of the org waits for one. */
export function WorkerList() {
  const [starts, setStarts] = useState(false);
  const [removed, setRemoved] = useState<Worker | null>(null);
  const workers = useInfiniteQuery({
    ...workersListInfiniteOptions(),
    ...paged,
    refetchInterval: OFTEN_MS,
  });
  const first = workers.data?.pages[0];
  const some = (first?.items.length ?? 0) > 0;
  const columns: readonly Column<Worker>[] = [
    {
      head: "Worker",
      cell: (worker) => (
        <div className="min-w-32">
          <p className="font-medium wrap-anywhere">{worker.name}</p>
          <Labels labels={worker.labels} />
        </div>
      ),
    },
    { head: "State", cell: (worker) => <State worker={worker} /> },
    { head: "Jobs of the org", end: true, cell: ({ in_flight }) => in_flight },
    { head: "At once", wide: true, end: true, cell: ({ capacity }) => capacity },
    { head: "Heard of", wide: true, cell: (worker) => <Moment at={worker.last_heartbeat_at} /> },
    { head: "Since", wide: true, cell: (worker) => <Moment at={worker.registered_at} /> },
    {
      head: "Version",
      wide: true,
      cell: ({ version }) => <code className="font-mono text-xs">{version}</code>,
    },
    {
      head: <span className="sr-only">Remove</span>,
      end: true,
      cell: (worker) => (
        <Button
          kind="quiet"
          size="icon-sm"
          aria-label={`Remove ${worker.name}`}
          title="Remove it"
          onClick={() => setRemoved(worker)}
        >
          <Trash2 />
        </Button>
      ),
    },
  ];
  return (
    <>
      <Card>
        {some && first && (
          <CardHead
            title="Workers"
            note={`${first.in_flight} jobs of the org at work, ${first.queue_depth} waiting`}
            actions={
              <Button size="sm" onClick={() => setStarts(true)}>
                Start another
              </Button>
            }
          />
        )}
        <Listing
          label="Workers"
          query={workers}
          columns={columns}
          keyOf={({ id }) => id}
          empty={
            <Empty
              icon={ServerCog}
              title="No workers"
              action={
                <Button kind="primary" onClick={() => setStarts(true)}>
                  Start a worker
                </Button>
              }
            >
              The server collects by itself. A worker collects from what only another network
              reaches.
              {first && first.queue_depth > 0 && ` ${first.queue_depth} syncs wait for one.`}
            </Empty>
          }
        />
      </Card>
      <StartWorker open={starts} onOpenChange={setStarts} />
      {removed && <RemoveWorker worker={removed} onClose={() => setRemoved(null)} />}
    </>
  );
}

function State({ worker }: { worker: Worker }) {
  if (!worker.is_online) return <Badge tone="bad">not heard of</Badge>;
  return worker.in_flight > 0 ? (
    <Badge tone="accent">at work</Badge>
  ) : (
    <Badge tone="good">ready</Badge>
  );
}

function Labels({ labels }: { labels: Worker["labels"] }) {
  const said = Object.entries(labels);
  if (said.length === 0) return null;
  return (
    <ul aria-label="Labels" className="flex flex-wrap gap-1 pt-1">
      {said.map(([name, value]) => (
        <li key={name}>
          <Badge className="font-mono">
            {name}={value}
          </Badge>
        </li>
      ))}
    </ul>
  );
}
