// What was written and not sent, one text per conversation, kept across reloads.
import type { Store } from "@/lib/own";

const keyOf = (conversationId: string | null) => `draft.${conversationId ?? "new"}`;

export function draftOf(conversationId: string | null, store: Store): string {
  try {
    return store.getItem(keyOf(conversationId)) ?? "";
  } catch {
    return "";
  }
}

/** Keeps a draft; an empty one is forgotten. Where nothing may be kept, nothing is. */
export function keepDraft(conversationId: string | null, text: string, store: Store) {
  try {
    if (text) store.setItem(keyOf(conversationId), text);
    else store.removeItem(keyOf(conversationId));
  } catch {
    // A full or forbidden store loses a draft, and nothing else.
  }
}

/** A draft with a text that somebody or something else gives; what was typed is not lost for it. */
export function withGiven(draft: string, given: string | null): string {
  if (!given || draft === given || draft.endsWith(`\n\n${given}`)) return draft;
  return draft.trim() === "" ? given : `${draft}\n\n${given}`;
}
