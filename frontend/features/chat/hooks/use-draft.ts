"use client";

import { useAui, useAuiState } from "@assistant-ui/react";
import { useEffect, useRef } from "react";
import { draftOf, keepDraft } from "../lib/drafts";

/** Keeps what stands in the composer, and puts back what stood there. A draft of the address goes before it. */
export function useDraft(conversationId: string | null, given: string | null) {
  const aui = useAui();
  const text = useAuiState((state) => state.composer.text);
  const isRestored = useRef(false);
  useEffect(() => {
    if (!isRestored.current) {
      isRestored.current = true;
      const draft = given || draftOf(conversationId, localStorage);
      if (draft) aui.composer.setText(draft);
      return;
    }
    keepDraft(conversationId, text, localStorage);
  }, [aui, conversationId, given, text]);
}
