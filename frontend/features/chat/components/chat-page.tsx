"use client";

import { useQueryClient } from "@tanstack/react-query";
import { parseAsString, useQueryStates } from "nuqs";
import { useEffect, useEffectEvent, useState } from "react";
import { useOwn } from "@/features/session";
import {
  conversationsListQueryKey,
  conversationsReadQueryKey,
  type OnBusy,
} from "@/lib/api/client";
import { later } from "@/ui/later";
import { useBegin } from "../hooks/use-begin";
import { takeAsked } from "../lib/asked";
import { Conversations } from "../lib/conversations";
import { ConversationList } from "./conversation-list";
import { ThreadHeader } from "./thread-header";
import { ThreadSkeleton } from "./thread-skeleton";
import { Welcome } from "./welcome";

const loadThread = () => import("./thread").then((it) => it.Thread);
// While the server is still asked who is there; if it does not come, who shows it says so.
if (typeof window !== "undefined") loadThread().catch(() => undefined);

const Thread = later(loadThread, () => (
  <div className="mx-auto w-full max-w-3xl flex-1 px-4 py-6">
    <ThreadSkeleton />
  </div>
));

const ConversationDrawer = later(() =>
  import("./conversation-drawer").then((it) => it.ConversationDrawer),
);

/** The chat: conversations beside the one that is open. */
export function ChatPage() {
  const [{ conversation: id, agent, draft }, setPlace] = useQueryStates({
    conversation: parseAsString,
    agent: parseAsString,
    draft: parseAsString,
  });
  const [isListOpen, setListOpen] = useState(false);
  const conversations = useConversations();
  const begin = useBegin(conversations, (next) =>
    setPlace({ conversation: next, agent: null, draft: null }),
  );
  const conversation = id ? conversations.of(id) : null;
  // It belongs to the conversation that could not be begun, and to no other.
  const failed = id ? null : begin.failed;

  function say(text: string, onBusy: OnBusy) {
    if (conversation) void conversation.say(text, onBusy);
    else begin.mutate({ text, agentId: agent });
  }

  const ask = useEffectEvent(() => {
    const text = takeAsked();
    if (text) begin.mutate({ text, agentId: null });
  });
  useEffect(() => ask(), []);

  return (
    <div className="flex h-[calc(100dvh-53px)] min-w-0 md:h-dvh">
      <aside
        aria-label="Conversations"
        className="hidden w-72 shrink-0 border-r bg-surface lg:block"
      >
        <ConversationList selected={id} />
      </aside>
      <ConversationDrawer open={isListOpen} onOpenChange={setListOpen} selected={id} />
      <section className="flex min-w-0 flex-1 flex-col">
        <ThreadHeader id={id} agentId={agent} onOpenList={() => setListOpen(true)} />
        <Thread
          key={id ?? "new"}
          id={id}
          conversation={conversation}
          given={failed ?? draft}
          onGivenTaken={() => (failed === null ? void setPlace({ draft: null }) : begin.giveUp())}
          isBeginning={begin.isPending}
          onSay={say}
          welcome={(ask) => (
            <Welcome
              agent={id ? null : { id: agent, onChoose: (next) => void setPlace({ agent: next }) }}
              onAsk={ask}
            />
          )}
        />
      </section>
    </div>
  );
}

/** A turn that begins or ends changes title, order and state of its conversation. */
function useConversations() {
  const queries = useQueryClient();
  const own = useOwn();
  const [conversations] = useState(
    () =>
      new Conversations(own, (id) => {
        void queries.invalidateQueries({ queryKey: conversationsListQueryKey() });
        const path = { conversation_id: id };
        void queries.invalidateQueries({ queryKey: conversationsReadQueryKey({ path }) });
      }),
  );
  return conversations;
}
