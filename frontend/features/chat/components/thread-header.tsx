"use client";

import { useQuery } from "@tanstack/react-query";
import { Bot, PanelLeft } from "lucide-react";
import { ApiError, conversationsReadOptions } from "@/lib/api/client";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useAgentName } from "../hooks/use-names";
import { LazyMenu } from "./lazy-menu";

interface Props {
  id: string | null;
  /** Who shall answer a conversation that has not begun. */
  agentId: string | null;
  onOpenList: () => void;
}

/** What the open conversation is about, and who answers. */
export function ThreadHeader({ id, agentId, onOpenList }: Props) {
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
          <LazyMenu conversation={conversation} isOpen />
        </span>
      )}
    </header>
  );
}
