"use client";

import { MoreHorizontal, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Conversation } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Menu } from "@/ui/menu";
import { DeleteConversation } from "./delete-conversation";
import { RenameConversation } from "./rename-conversation";

interface Props {
  conversation: Conversation;
  /** It is the one that is shown. */
  isOpen: boolean;
}

/** What can be done with a conversation. */
export function ConversationMenu({ conversation, isOpen }: Props) {
  const [asked, setAsked] = useState<"rename" | "delete" | null>(null);
  const close = () => setAsked(null);
  return (
    <>
      <Menu
        trigger={
          <Button
            kind="quiet"
            size="icon-sm"
            aria-label={`More about ${conversation.title || "New conversation"}`}
          >
            <MoreHorizontal />
          </Button>
        }
        items={[
          { label: "Rename", icon: Pencil, onSelect: () => setAsked("rename") },
          { label: "Delete", icon: Trash2, danger: true, onSelect: () => setAsked("delete") },
        ]}
      />
      {asked === "rename" && <RenameConversation conversation={conversation} onClose={close} />}
      {asked === "delete" && (
        <DeleteConversation conversation={conversation} isOpen={isOpen} onClose={close} />
      )}
    </>
  );
}
