"use client";

import { useAui, useAuiState } from "@assistant-ui/react";
import { useEffect, useEffectEvent, useRef } from "react";
import type { Store } from "@/lib/own";
import { draftOf, keepDraft, withGiven } from "../lib/drafts";

/** Keeps what stands in the composer, and puts back what stood there. A text that is given is put after it, and is a draft from then on. */
export function useDraft(
  conversationId: string | null,
  store: Store,
  given: string | null,
  onTaken: () => void,
) {
  const aui = useAui();
  const text = useAuiState((state) => state.composer.text);
  const isRestored = useRef(false);
  const taken = useEffectEvent(onTaken);
  useEffect(() => {
    const { text: now } = aui.composer.getState();
    const before = isRestored.current ? now : draftOf(conversationId, store);
    isRestored.current = true;
    const draft = withGiven(before, given);
    if (draft !== now) aui.composer.setText(draft);
    if (given !== null) taken();
  }, [aui, conversationId, store, given]);
  const isFirst = useRef(true);
  useEffect(() => {
    // What is there at first is not written yet.
    if (isFirst.current) isFirst.current = false;
    else keepDraft(conversationId, text, store);
  }, [conversationId, store, text]);
}
