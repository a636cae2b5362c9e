"use client";

import { useQuery } from "@tanstack/react-query";
import { Bot, MoreHorizontal, PanelLeft, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { ApiError, conversationsReadOptions } from "@/lib/api/client";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Menu } from "@/ui/menu";
import { useAgentName } from "../hooks/use-names";
import { DeleteConversation } from "./delete-conversation";
import { RenameConversation } from "./rename-conversation";

interface Props {
  id: string | null;
  /** Who shall answer a conversation that has not begun. */
  agentId: string | null;
  onOpenList: () => void;
}

/** What the open conversation is about, and who answers. */
export function ThreadHeader({ id, agentId, onOpenList }: Props) {
  const [asked, setAsked] = useState<"rename" | "delete" | null>(null);
  const path = { conversation_id: id ?? "" };
  const read = useQuery({ ...conversationsReadOptions({ path }), enabled: id !== null });
  const conversation = id ? read.data : undefined;
  const agent = useAgentName(id ? conversation?.agent_id : agentId);
  const isGone = id !== null && read.error instanceof ApiError && read.error.status === 404;
  return (
    <header className="flex min-h-12 items-center gap-2 border-b bg-surface px-3 py-1.5">
      <Button
        kind="quiet"
        size="icon"
        aria-label="Show the conversations"
        className="lg:hidden"
        onClick={onOpenList}
      >
        <PanelLeft />
      </Button>
      <h1 className="min-w-0 truncate font-semibold">
        {isGone ? "Not found" : conversation?.title || "New conversation"}
      </h1>
      {agent && (
        <Badge className="min-w-0 shrink">
          <Bot aria-hidden /> <span className="truncate">{agent}</span>
        </Badge>
      )}
      {conversation?.realm && <Badge>{conversation.realm}</Badge>}
      {conversation && (
        <span className="ml-auto">
          <Menu
            trigger={
              <Button kind="quiet" size="icon-sm" aria-label="More about this conversation">
                <MoreHorizontal />
              </Button>
            }
            items={[
              { label: "Rename", icon: Pencil, onSelect: () => setAsked("rename") },
              { label: "Delete", icon: Trash2, danger: true, onSelect: () => setAsked("delete") },
            ]}
          />
        </span>
      )}
      {conversation && asked === "rename" && (
        <RenameConversation conversation={conversation} onClose={() => setAsked(null)} />
      )}
      {conversation && asked === "delete" && (
        <DeleteConversation conversation={conversation} isOpen onClose={() => setAsked(null)} />
      )}
    </header>
  );
}
