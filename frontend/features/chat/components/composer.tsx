"use client";

import { ComposerPrimitive, useAui, useAuiState, useThreadViewport } from "@assistant-ui/react";
import { useMutation } from "@tanstack/react-query";
import { ArrowUp, ListPlus, Square } from "lucide-react";
import type { KeyboardEvent } from "react";
import { useOwn } from "@/features/session";
import { conversationsCancelMutation, type OnBusy } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { useDraft } from "../hooks/use-draft";

/** What the server takes. */
const LONGEST = 100_000;

interface Props {
  conversationId: string | null;
  /** A text to be put in, once. */
  given: string | null;
  onGivenTaken: () => void;
  /** What the last answer is doing. */
  busy: "no" | "answering" | "waiting";
  isSending: boolean;
  onSay: (text: string, onBusy: OnBusy) => void;
}

/** Where a question is written. While an answer is given it can wait for it, or stop it. */
export function Composer(props: Props) {
  const { conversationId, given, onGivenTaken, busy, isSending, onSay } = props;
  useDraft(conversationId, useOwn(), given, onGivenTaken);
  const aui = useAui();
  const text = useAuiState((state) => state.composer.text);
  const goToEnd = useThreadViewport((viewport) => viewport.scrollToBottom);
  const isEmpty = text.trim() === "";
  const isBusy = busy !== "no";

  function say(onBusy: OnBusy) {
    if (isEmpty || isSending) return;
    aui.composer.setText("");
    onSay(text.trim(), onBusy);
    goToEnd();
  }

  function press(event: KeyboardEvent) {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    say(isBusy ? "queue" : "refuse");
  }

  return (
    <ComposerPrimitive.Root
      className="grid grid-cols-[minmax(0,1fr)] gap-2 rounded-lg border bg-surface p-2 shadow-sm focus-within:border-accent"
      onSubmit={(event) => {
        event.preventDefault();
        say(isBusy ? "queue" : "refuse");
      }}
    >
      {isBusy && !isEmpty && (
        <div className="flex flex-wrap items-center justify-end gap-2 px-1.5 text-xs text-muted">
          <p role="status" className="min-w-48 flex-1">
            {busy === "waiting"
              ? "The answer waits for a decision. Your message can wait with it, or take its place."
              : "An answer is being given. Your message can wait for it, or take its place."}
          </p>
          <Button size="sm" onClick={() => say("interrupt")}>
            Stop it and send
          </Button>
        </div>
      )}
      <div className="flex items-end gap-2">
        <ComposerPrimitive.Input
          aria-label="Your question"
          placeholder="Ask about your systems…"
          ref={ready}
          minRows={1}
          maxRows={10}
          maxLength={LONGEST}
          cancelOnEscape={false}
          addAttachmentOnPaste={false}
          submitMode="none"
          onKeyDown={press}
          className="min-w-0 flex-1 resize-none bg-transparent px-1.5 py-1.5 leading-relaxed outline-none placeholder:text-muted"
        />
        {isBusy && <Stop conversationId={conversationId} />}
        {isBusy ? (
          !isEmpty && (
            <Button
              type="submit"
              kind="primary"
              size="icon"
              aria-label="Send after this answer"
              title="Send after this answer (Enter)"
            >
              <ListPlus />
            </Button>
          )
        ) : (
          <Button
            type="submit"
            kind="primary"
            size="icon"
            aria-label="Send"
            title="Send (Enter); a new line with Shift+Enter"
            disabled={isEmpty}
            busy={isSending}
          >
            {!isSending && <ArrowUp />}
          </Button>
        )}
      </div>
    </ComposerPrimitive.Root>
  );
}

/** Ready to be written in, unless that brings up a keyboard over the page. */
function ready(field: HTMLTextAreaElement | null) {
  if (!window.matchMedia("(pointer: coarse)").matches) field?.focus({ preventScroll: true });
}

function Stop({ conversationId }: { conversationId: string | null }) {
  const cancel = useMutation(conversationsCancelMutation());
  if (!conversationId) return null;
  return (
    <Button
      size="icon"
      aria-label="Stop the answer"
      title="Stop the answer"
      busy={cancel.isPending}
      onClick={() => cancel.mutate({ path: { conversation_id: conversationId } })}
    >
      {!cancel.isPending && <Square className="fill-current" />}
    </Button>
  );
}
