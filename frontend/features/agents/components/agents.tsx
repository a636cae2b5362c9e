"use client";

import { useRouter } from "next/navigation";
import { useQueryState } from "nuqs";
import { Page } from "@/ui/page";
import { AgentDetail } from "./agent-detail";
import { AgentEditor } from "./agent-editor";
import { AgentList } from "./agent-list";
import { AgentRun } from "./agent-run";

/** Agents: all of them, one, one that is being made, or a run of one, as the address says. */
export function Agents() {
  const [agent] = useQueryState("agent");
  const [run] = useQueryState("run");
  const [isNew] = useQueryState("new");
  const router = useRouter();
  if (agent && run) return <AgentRun agentId={agent} runId={run} />;
  if (agent) return <AgentDetail key={agent} agentId={agent} />;
  if (!isNew) return <AgentList />;
  return (
    <Page
      title="New agent"
      back={{ href: "/agents/", label: "Agents" }}
      note="Instructions, tools and bounds for a model that answers or does something."
    >
      <AgentEditor agent={null} onSaved={({ id }) => router.replace(`/agents/?agent=${id}`)} />
    </Page>
  );
}
