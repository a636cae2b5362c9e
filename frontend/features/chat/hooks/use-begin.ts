"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { conversationsCreate, conversationsListQueryKey } from "@/lib/api/client";
import type { Conversations } from "../lib/conversations";

interface Beginning {
  text: string;
  agentId: string | null;
}

/** Begins a conversation with its first question, and goes there. */
export function useBegin(conversations: Conversations, onBegun: (id: string) => unknown) {
  const queries = useQueryClient();
  const begin = useMutation({
    mutationFn: async ({ agentId }: Beginning) =>
      (await conversationsCreate({ body: agentId ? { agent_id: agentId } : {} })).data,
    onSuccess: ({ id }, { text }) => {
      void conversations.of(id, true).say(text, "refuse");
      void queries.invalidateQueries({ queryKey: conversationsListQueryKey() });
      onBegun(id);
    },
  });
  return {
    mutate: begin.mutate,
    isPending: begin.isPending,
    /** The question of a conversation that could not be begun, to be given back. */
    failed: begin.error ? begin.variables.text : null,
    /** It was given back. */
    giveUp: begin.reset,
  };
}
