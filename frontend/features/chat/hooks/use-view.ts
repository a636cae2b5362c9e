"use client";

import { useEffect, useSyncExternalStore } from "react";
import { useLive } from "@/lib/live";
import { BLANK, type Conversation, type View } from "../lib/conversation";

const NONE: View = { ...BLANK, phase: { kind: "ready" } };

/** A conversation as it stands. What happens to it elsewhere is heard of over the socket. */
export function useView(id: string | null, conversation: Conversation | null): View {
  const view = useSyncExternalStore(
    conversation?.subscribe ?? nothing,
    conversation?.view ?? none,
    none,
  );
  useLive(id && `conversation:${id}`, {
    onEvent: ({ seq }) => conversation?.happened(seq),
    onReset: () => void conversation?.open(),
    onFollowed: (seq) => conversation?.happened(seq),
  });
  useEffect(() => {
    const open = () => void conversation?.open();
    window.addEventListener("online", open);
    return () => window.removeEventListener("online", open);
  }, [conversation]);
  return view;
}

function nothing() {
  return () => undefined;
}

function none() {
  return NONE;
}
