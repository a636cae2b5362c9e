"use client";

import { useState } from "react";
import { parseAsString, parseAsStringLiteral, useQueryState } from "nuqs";
import type { Approval } from "@/lib/api/client";
import { Page } from "@/ui/page";
import { Tabs } from "@/ui/tabs";
import { Decided } from "./decided";
import { Waiting } from "./waiting";

const VIEWS = ["waiting", "decided"] as const;

/** The inbox: what waits for the caller's decision, and what was decided lately. */
export function ApprovalsInbox() {
  const [view, setView] = useQueryState("view", parseAsStringLiteral(VIEWS).withDefault("waiting"));
  const [chosen] = useQueryState("approval", parseAsString);
  // What was decided here stays in its place until the page is left.
  const [decided, setDecided] = useState<ReadonlyMap<string, Approval>>(new Map());
  const keep = (approval: Approval) => setDecided((all) => new Map(all).set(approval.id, approval));
  return (
    <Page title="Approvals" note="What agents ask a person before they change something.">
      <Tabs
        label="Approvals"
        value={view}
        onChange={(next) => void setView(next as (typeof VIEWS)[number])}
        tabs={[
          {
            value: "waiting",
            label: "Waiting for you",
            keeps: true,
            content: <Waiting chosen={chosen} decided={decided} onDecided={keep} />,
          },
          { value: "decided", label: "Decided", content: <Decided chosen={chosen} /> },
        ]}
      />
    </Page>
  );
}
