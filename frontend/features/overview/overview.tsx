"use client";

import { useQuery } from "@tanstack/react-query";
import { healthReadOptions } from "@/lib/api/client";
import { Badge, type Tone } from "@/ui/badge";
import { Card, CardHead } from "@/ui/card";
import { Page } from "@/ui/page";
import { Failure, SkeletonRows } from "@/ui/states";

export function Overview() {
  return (
    <Page title="Overview">
      <Health />
    </Page>
  );
}

const TONES: Record<string, Tone> = { ok: "good", reachable: "warn", down: "bad" };

function Health() {
  const health = useQuery(healthReadOptions());
  return (
    <Card>
      <CardHead title="Health" note="What this server stands on" />
      {health.isPending && <SkeletonRows rows={2} />}
      {health.error && <Failure error={health.error} retry={() => void health.refetch()} />}
      {health.data && (
        <ul className="flex flex-wrap gap-3 p-4">
          {Object.entries(health.data.dependencies).map(([name, state]) => (
            <li key={name} className="flex items-center gap-2 rounded-md border px-3 py-2">
              {name} <Badge tone={TONES[String(state)] ?? "plain"}>{String(state)}</Badge>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
