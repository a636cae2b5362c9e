"use client";

import { useQuery } from "@tanstack/react-query";
import { healthReadOptions } from "@/lib/api/client";
import { Badge } from "@/ui/badge";
import { Card, CardHead } from "@/ui/card";
import { Failure, SkeletonRows } from "@/ui/states";
import { dependencyOf, meaningOf, stateOf } from "../lib/dependencies";

const LOOK_EVERY_MS = 15_000;

/** How everything is that the server stands on, and what that means. */
export function Health() {
  const health = useQuery({ ...healthReadOptions(), refetchInterval: LOOK_EVERY_MS });
  return (
    <Card>
      <CardHead
        title="Health"
        actions={
          health.data && (
            <span role="status">
              <Badge tone={health.data.status === "ok" ? "good" : "bad"}>
                {health.data.status === "ok" ? "all works" : "degraded"}
              </Badge>
            </span>
          )
        }
      />
      {health.isPending && <SkeletonRows rows={4} />}
      {!health.data && health.error && (
        <Failure error={health.error} retry={() => void health.refetch()} />
      )}
      {health.data && (
        <ul className="divide-y">
          {Object.entries(health.data.dependencies).map(([key, state]) => {
            const { word, tone } = stateOf(state);
            return (
              <li key={key} className="grid grid-cols-[1fr_auto] items-start gap-3 px-4 py-2.5">
                <span className="min-w-0">
                  <span className="block font-medium">{dependencyOf(key).name}</span>
                  <span className="block text-xs text-muted">{meaningOf(key, state)}</span>
                </span>
                <Badge tone={tone}>{word}</Badge>
              </li>
            );
          })}
        </ul>
      )}
    </Card>
  );
}
