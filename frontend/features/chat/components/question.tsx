"use client";

import { memo, type ReactNode } from "react";
import { ApiError } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { traceOf, worded } from "@/ui/fault";
import type { Conversation, Saying } from "../lib/conversation";

interface Props {
  text: string;
  /** What is to be said of it beneath. */
  children?: ReactNode;
}

/** What a person asked. */
export const Question = memo(function Question({ text, children }: Props) {
  return (
    <article aria-label="Question" className="ml-auto grid max-w-[85%] justify-items-end gap-1.5">
      <p className="rounded-lg rounded-br-sm bg-accent-soft px-3.5 py-2 leading-relaxed break-words whitespace-pre-wrap">
        {text}
      </p>
      {children}
    </article>
  );
});

interface SayingProps {
  saying: Saying;
  conversation: Conversation | null;
  /** Gives a text back to the composer. */
  onTakeBack: (text: string) => void;
}

/** A question on its way: sent, waiting, or not taken, with what can be done about it. */
export function OnItsWay({ saying, conversation, onTakeBack }: SayingProps) {
  const { key, text, state, onBusy } = saying;
  const again = (how?: Saying["onBusy"]) => void conversation?.sayAgain(key, how);
  if (state.kind !== "failed") {
    const waits = state.kind === "taken" && onBusy === "queue";
    return (
      <Question text={text}>
        <p className="text-xs text-muted" role="status">
          {waits ? "Waits for the answer before it" : "Sending…"}
        </p>
      </Question>
    );
  }
  const isBusy = state.error instanceof ApiError && state.error.code === "run_active";
  return (
    <Question text={text}>
      <div role="alert" className="flex flex-wrap items-center justify-end gap-2 text-xs text-bad">
        {isBusy ? (
          <span>Not sent: another answer is being given.</span>
        ) : (
          <span className="text-right">
            Not sent: {worded(state.error)}{" "}
            <span className="text-muted">{traceOf(state.error)}</span>
          </span>
        )}
        {isBusy ? (
          <>
            <Button size="sm" onClick={() => again("queue")}>
              Send after it
            </Button>
            <Button size="sm" onClick={() => again("interrupt")}>
              Stop it and send
            </Button>
          </>
        ) : (
          <Button size="sm" onClick={() => again()}>
            Send again
          </Button>
        )}
        <Button
          size="sm"
          kind="quiet"
          onClick={() => onTakeBack(conversation?.withdraw(key) ?? text)}
        >
          Take back
        </Button>
      </div>
    </Question>
  );
}
