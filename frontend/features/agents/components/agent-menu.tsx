"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Copy, Ellipsis, ListPlus, MessageSquare, Settings2, Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { toast } from "@/ui/toast";
import { covers, useMe } from "@/features/session";
import { agentsListQueryKey, agentsRemoveMutation, type Agent } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/confirm";
import { Menu } from "@/ui/menu";

/** What can be done with an agent. */
export function AgentMenu({ agent }: { agent: Agent }) {
  const { role } = useMe();
  const router = useRouter();
  const queries = useQueryClient();
  const [asks, setAsks] = useState(false);
  const remove = useMutation({
    ...agentsRemoveMutation(),
    onSuccess: () => {
      setAsks(false);
      toast.success(`${agent.name} is deleted.`);
      void queries.invalidateQueries({ queryKey: agentsListQueryKey() });
      router.replace("/agents/");
    },
  });
  return (
    <>
      <Menu
        trigger={
          <Button kind="quiet" size="icon-sm" aria-label={`More of ${agent.name}`}>
            <Ellipsis />
          </Button>
        }
        items={[
          {
            label: "Try it in chat",
            icon: MessageSquare,
            onSelect: () => router.push(`/chat/?agent=${agent.id}`),
          },
          {
            label: "Settings",
            icon: Settings2,
            onSelect: () => router.push(`/agents/?agent=${agent.id}&tab=settings`),
          },
          {
            label: "New task with it",
            icon: ListPlus,
            disabled: !covers(role, "member"),
            onSelect: () => router.push(`/tasks/?new=1&agent=${agent.id}`),
          },
          {
            label: "Copy the id",
            icon: Copy,
            onSelect: () => void navigator.clipboard.writeText(agent.id),
          },
          {
            label: "Delete…",
            icon: Trash2,
            danger: true,
            disabled: !covers(role, "member"),
            onSelect: () => setAsks(true),
          },
        ]}
      />
      <Confirm
        open={asks}
        onOpenChange={setAsks}
        title={`Delete the agent ${agent.name}?`}
        action="Delete the agent"
        busy={remove.isPending}
        onConfirm={() => remove.mutate({ path: { agent_id: agent.id } })}
      >
        Its conversations stay and go on with the plain assistant. Tasks that name it fail until
        they are given another agent.
      </Confirm>
    </>
  );
}
