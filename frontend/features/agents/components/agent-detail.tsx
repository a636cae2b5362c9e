"use client";

import { useQuery } from "@tanstack/react-query";
import { MessageSquare } from "lucide-react";
import Link from "next/link";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { agentsReadOptions } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { Failure, SkeletonRows } from "@/ui/states";
import { Tabs } from "@/ui/tabs";
import { AgentEditor } from "./agent-editor";
import { AgentMenu } from "./agent-menu";
import { AgentRuns } from "./agent-runs";

const TABS = parseAsStringLiteral(["runs", "settings"]).withDefault("runs");
const BACK = { href: "/agents/", label: "Agents" };

/** One agent: what it did, and what it is. */
export function AgentDetail({ agentId }: { agentId: string }) {
  const [tab, setTab] = useQueryState("tab", TABS);
  const agent = useQuery(agentsReadOptions({ path: { agent_id: agentId } }));
  if (agent.isPending || !agent.data) {
    return (
      <Page title="Agent" back={BACK}>
        {agent.error ? (
          <Failure error={agent.error} retry={() => void agent.refetch()} />
        ) : (
          <SkeletonRows />
        )}
      </Page>
    );
  }
  const { name, model, realm } = agent.data;
  return (
    <Page
      title={name}
      back={BACK}
      note={`${model ?? "The model of the org"} · ${realm ?? "every realm of whoever starts it"}`}
      actions={
        <>
          <Button asChild kind="primary">
            <Link href={`/chat/?agent=${agentId}`}>
              <MessageSquare /> Try it
            </Link>
          </Button>
          <AgentMenu agent={agent.data} />
        </>
      }
    >
      <Tabs
        label="Of this agent"
        value={tab}
        onChange={(value) => void setTab(value === "settings" ? value : null)}
        tabs={[
          { value: "runs", label: "Runs", content: <AgentRuns agentId={agentId} /> },
          {
            value: "settings",
            label: "Settings",
            keeps: true,
            content: <AgentEditor agent={agent.data} onSaved={() => undefined} />,
          },
        ]}
      />
    </Page>
  );
}
