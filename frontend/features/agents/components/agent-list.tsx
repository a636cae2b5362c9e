"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Bot, Plus } from "lucide-react";
import Link from "next/link";
import { covers, useMe } from "@/features/session";
import { agentsListInfiniteOptions, type Agent } from "@/lib/api/client";
import { paged } from "@/lib/api/paged";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Listing, type Column } from "@/ui/listing";
import { Moment } from "@/ui/moment";
import { Page } from "@/ui/page";
import { Empty } from "@/ui/states";
import { AgentMenu } from "./agent-menu";

const COLUMNS: readonly Column<Agent>[] = [
  {
    head: "Agent",
    cell: ({ id, name, instructions }) => (
      <div className="max-w-md min-w-40">
        <Link
          href={`/agents/?agent=${id}`}
          className="font-medium hover:text-accent hover:underline"
        >
          {name}
        </Link>
        <p className="line-clamp-2 text-xs text-muted">{instructions || "No instructions"}</p>
      </div>
    ),
  },
  {
    head: "Model",
    wide: true,
    cell: ({ model }) => model ?? <span className="text-muted">the org’s</span>,
  },
  {
    head: "Tools",
    wide: true,
    cell: ({ tools }) => (tools.length === 0 ? "every tool" : `${tools.length} tools`),
  },
  {
    head: "Realm",
    wide: true,
    cell: ({ realm }) =>
      realm ? <Badge>{realm}</Badge> : <span className="text-muted">every</span>,
  },
  { head: "Changed", wide: true, cell: ({ updated_at }) => <Moment at={updated_at} /> },
  {
    head: <span className="sr-only">More</span>,
    end: true,
    cell: (agent) => <AgentMenu agent={agent} />,
  },
];

/** Every agent of the org. */
export function AgentList() {
  const { role } = useMe();
  const agents = useInfiniteQuery({ ...agentsListInfiniteOptions(), ...paged });
  const make = covers(role, "member") && (
    <Button asChild kind="primary">
      <Link href="/agents/?new=1">
        <Plus /> New agent
      </Link>
    </Button>
  );
  const some = (agents.data?.pages[0]?.items.length ?? 0) > 0;
  return (
    <Page
      title="Agents"
      note="Instructions, tools and bounds. An agent answers in chat, or does a task."
      actions={some && make}
    >
      <Card>
        <Listing
          label="Agents"
          query={agents}
          columns={COLUMNS}
          keyOf={({ id }) => id}
          empty={
            <Empty icon={Bot} title="No agents yet" action={make}>
              An agent is a model with instructions of yours, the tools that it may use, and bounds.
            </Empty>
          }
        />
      </Card>
    </Page>
  );
}
