"use client";

import { useAui, useAuiState } from "@assistant-ui/react";
import { useEffect, useRef } from "react";
import { draftOf, keepDraft } from "../lib/drafts";

/** Keeps what stands in the composer, and puts back what stood there. A text that is given goes before it. */
export function useDraft(conversationId: string | null, given: string | null) {
  const aui = useAui();
  const text = useAuiState((state) => state.composer.text);
  const isRestored = useRef(false);
  useEffect(() => {
    const draft = given ?? (isRestored.current ? null : draftOf(conversationId, localStorage));
    isRestored.current = true;
    if (draft) aui.composer.setText(draft);
  }, [aui, conversationId, given]);
  const isFirst = useRef(true);
  useEffect(() => {
    // What is there at first is not written yet.
    if (isFirst.current) isFirst.current = false;
    else keepDraft(conversationId, text, localStorage);
  }, [conversationId, text]);
}
