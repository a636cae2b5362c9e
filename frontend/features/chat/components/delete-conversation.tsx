"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useOwn } from "@/features/session";
import {
  ApiError,
  conversationsCancel,
  conversationsListQueryKey,
  conversationsRemove,
  type Conversation,
} from "@/lib/api/client";
import { Confirm } from "@/ui/confirm";
import { keepDraft } from "../lib/drafts";
import { outboxOf } from "../lib/outbox";

/** How often it is looked whether a stopped answer has ended. */
const TRIES = 10;
const PAUSE = 300;

interface Props {
  conversation: Conversation;
  /** It is the one that is shown. */
  isOpen: boolean;
  onClose: () => void;
}

/** Asked before a conversation is deleted. An answer that is being given is stopped first. */
export function DeleteConversation({ conversation, isOpen, onClose }: Props) {
  const { id, title, active_run_id } = conversation;
  const queries = useQueryClient();
  const own = useOwn();
  const router = useRouter();
  const remove = useMutation({
    mutationFn: () => removed(id),
    onSuccess: () => {
      keepDraft(id, "", own);
      outboxOf(id, own).write([]);
      void queries.invalidateQueries({ queryKey: conversationsListQueryKey() });
      onClose();
      if (isOpen) router.replace("/chat/");
    },
  });
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Delete the conversation “${title || "New conversation"}”?`}
      action="Delete"
      busy={remove.isPending}
      onConfirm={() => remove.mutate()}
    >
      All that was said in it will be gone. What it changed in the graph stays.
      {active_run_id && " The answer that is being given is stopped."}
    </Confirm>
  );
}

async function removed(id: string) {
  const path = { conversation_id: id };
  for (let tries = 1; ; tries += 1) {
    try {
      await conversationsRemove({ path });
      return;
    } catch (error) {
      const isActive = error instanceof ApiError && error.code === "run_active";
      if (!isActive || tries === TRIES) throw error;
      if (tries === 1) await conversationsCancel({ path });
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}
