"use client";

import {
  AssistantRuntimeProvider,
  ThreadPrimitive,
  getExternalStoreMessages,
  useAui,
  useExternalStoreRuntime,
} from "@assistant-ui/react";
import { ArrowDown } from "lucide-react";
import { useEffect, useMemo, type ReactNode } from "react";
import type { OnBusy } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { useView } from "../hooks/use-view";
import type { Conversation } from "../lib/conversation";
import { withGiven } from "../lib/drafts";
import { isAnswering, waitingFor } from "../lib/log";
import { asMessage, everythingSaid, type Said } from "../lib/said";
import { Answer } from "./answer";
import { Composer } from "./composer";
import { Earlier } from "./earlier";
import { LineNote, Progress } from "./line-note";
import { prepareMarkdown } from "./markdown";
import { OnItsWay, Question } from "./question";
import { ThreadSkeleton } from "./thread-skeleton";
import { Unreadable } from "./unreadable";

interface Props {
  id: string | null;
  conversation: Conversation | null;
  /** A text for the composer, once. */
  given: string | null;
  onGivenTaken: () => void;
  isBeginning: boolean;
  /** What stands there before anything was said. */
  welcome: (ask: (text: string) => void) => ReactNode;
  onSay: (text: string, onBusy: OnBusy) => void;
}

/** What was said in a conversation, and where more is said. */
export function Thread(props: Props) {
  const { id, conversation, given, onGivenTaken, isBeginning, welcome, onSay } = props;
  const view = useView(id, conversation);
  useEffect(prepareMarkdown, []);
  const said = useMemo(() => everythingSaid(view), [view]);
  const { thread, phase, line } = view;
  const isBusy = isAnswering(thread);
  const runtime = useExternalStoreRuntime<Said>({
    messages: said,
    convertMessage: asMessage,
    isRunning: isBusy,
    isLoading: phase.kind === "loading",
    onNew: () => Promise.resolve(),
  });
  const last = said.at(-1);

  function again() {
    const asked = thread.messages.findLast((message) => message.role === "user");
    if (asked) onSay(asked.text, "refuse");
  }

  function draw(it: Said | undefined, takeBack: (text: string) => void) {
    switch (it?.kind) {
      case "answer":
        return (
          <Answer
            answer={it.answer}
            conversationId={id ?? ""}
            onAgain={it === last ? again : null}
          />
        );
      case "question":
        return <Question text={it.question.text} />;
      case "queued":
        return (
          <Question text={it.question.text}>
            <p className="text-xs text-muted">Waits for the answer before it</p>
          </Question>
        );
      case "saying":
        return <OnItsWay saying={it.saying} conversation={conversation} onTakeBack={takeBack} />;
    }
  }

  return (
    <AssistantRuntimeProvider runtime={runtime}>
      <ThreadPrimitive.Root className="flex min-h-0 flex-1 flex-col">
        <ThreadPrimitive.Viewport
          aria-label="What was said"
          // Whoever reads further up is not moved by what others begin.
          scrollToBottomOnRunStart={false}
          role="log"
          aria-live="off"
          tabIndex={0}
          className="relative min-h-0 flex-1 overflow-y-auto outline-offset-[-2px]"
        >
          <div className="mx-auto grid min-h-full w-full max-w-3xl grid-cols-[minmax(0,1fr)] content-start gap-6 px-4 py-6">
            {phase.kind === "loading" && <ThreadSkeleton />}
            {phase.kind === "failed" && (
              <Unreadable error={phase.error} onRetry={() => void conversation?.open()} />
            )}
            {phase.kind === "ready" &&
              said.length === 0 &&
              !isBeginning &&
              welcome((text) => onSay(text, "refuse"))}
            {view.earlier && conversation && <Earlier conversation={conversation} />}
            <Words>{draw}</Words>
          </div>
        </ThreadPrimitive.Viewport>
        <div className="relative mx-auto w-full max-w-3xl px-4 pb-4">
          <ThreadPrimitive.ScrollToBottom asChild>
            <Button
              size="icon"
              aria-label="Go to the end"
              className="absolute -top-12 left-1/2 -translate-x-1/2 rounded-full shadow disabled:hidden"
            >
              <ArrowDown />
            </Button>
          </ThreadPrimitive.ScrollToBottom>
          <LineNote line={line} onRetry={() => void conversation?.open()} />
          {phase.kind !== "failed" && (
            <Composer
              conversationId={id}
              given={given}
              onGivenTaken={onGivenTaken}
              busy={isBusy ? (waitingFor(thread) ? "waiting" : "answering") : "no"}
              isSending={isBeginning}
              onSay={onSay}
            />
          )}
          <Progress thread={thread} />
        </div>
      </ThreadPrimitive.Root>
    </AssistantRuntimeProvider>
  );
}

interface WordsProps {
  children: (said: Said | undefined, takeBack: (text: string) => void) => ReactNode;
}

function Words({ children: draw }: WordsProps) {
  const aui = useAui();
  const takeBack = (text: string) =>
    aui.composer.setText(withGiven(aui.composer.getState().text, text));
  return (
    <ThreadPrimitive.Messages>
      {({ message }) => draw(getExternalStoreMessages<Said>(message)[0], takeBack)}
    </ThreadPrimitive.Messages>
  );
}
