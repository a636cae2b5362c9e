"use client";

import { useMe } from "@/features/session";
import { Page } from "@/ui/page";
import { Skeleton } from "@/ui/states";
import { useFirstRun } from "../hooks/use-first-run";
import { useHidden } from "../hooks/use-hidden";
import { Asked } from "./asked";
import { DefaultPassword } from "./default-password";
import { FirstRunPath } from "./first-run-path";
import { GraphCounts } from "./graph-counts";
import { Health } from "./health";
import { LastSyncs } from "./last-syncs";
import { Tasks } from "./tasks";
import { UsageCard } from "./usage-card";

/** What is going on, and what is asked of the person who looks. A fresh organisation is shown the way to a first answer. */
export function Overview() {
  const { org } = useMe();
  const firstRun = useFirstRun();
  const { isHidden, hide } = useHidden("agentcy.first-run");
  if (!firstRun) {
    return (
      <Page title="Overview" note={org.name}>
        <div role="status" className="grid gap-4">
          <span className="sr-only">Loading</span>
          <Skeleton className="h-40" />
          <Skeleton className="h-64" />
        </div>
      </Page>
    );
  }
  const isFresh = firstRun.step === "connect" || firstRun.step === "sync";
  const isShown = isFresh || !isHidden;
  return (
    <Page title={isFresh ? "Welcome" : "Overview"} note={org.name}>
      <DefaultPassword />
      {isShown && firstRun.step !== "over" && (
        <FirstRunPath firstRun={firstRun} onHide={isFresh ? undefined : hide} />
      )}
      {isFresh ? <Health /> : <Going />}
    </Page>
  );
}

function Going() {
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <div className="grid min-w-0 gap-4">
        <Asked />
        <LastSyncs />
        <Tasks />
        <UsageCard />
      </div>
      <div className="grid min-w-0 gap-4">
        <Health />
        <GraphCounts />
      </div>
    </div>
  );
}
