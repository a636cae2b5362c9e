"use client";

import { RotateCcw } from "lucide-react";
import { memo } from "react";
import { Button } from "@/ui/button";
import { Copy } from "@/ui/copy";
import { sentence } from "@/ui/fault";
import { Moment } from "@/ui/moment";
import { Notice } from "@/ui/notice";
import { shown, type Answer as Said, type Part } from "../lib/log";
import { NEXT_STEPS, REASONS, usageOf } from "../lib/words";
import { Citations } from "./citations";
import { Markdown } from "./markdown";
import { ToolCard } from "./tool-card";

interface Props {
  answer: Said;
  conversationId: string;
  /** Asks the same again; only of the last answer. */
  onAgain: (() => void) | null;
}

/** An answer: its text, what it looked up, where it comes from, and how it ended. */
export const Answer = memo(function Answer({ answer, conversationId, onAgain }: Props) {
  const { parts, citations, ending } = answer;
  const isLive = ending.kind === "answering";
  const pieces = shown(parts);
  return (
    <article aria-label="Answer" className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-2.5">
      {pieces.map((part, at) => (
        <PartView
          key={part.kind === "call" ? part.id : at}
          part={part}
          conversationId={conversationId}
          isLive={isLive}
          isGrowing={isLive && at === pieces.length - 1}
        />
      ))}
      {isLive && isQuiet(pieces) && <Working />}
      <Citations citations={citations} />
      <End answer={answer} onAgain={onAgain} />
    </article>
  );
});

interface PartProps {
  part: Part;
  conversationId: string;
  isLive: boolean;
  isGrowing: boolean;
}

function PartView({ part, conversationId, isLive, isGrowing }: PartProps) {
  switch (part.kind) {
    case "text":
      return <Markdown isGrowing={isGrowing}>{part.text}</Markdown>;
    case "call":
      return <ToolCard call={part} conversationId={conversationId} isLive={isLive} />;
    case "summary":
      return (
        <details className="rounded-md border border-dashed px-3 py-2 text-xs text-muted">
          <summary>The model is told a summary of what came before. Nothing was deleted.</summary>
          <p className="pt-2 whitespace-pre-wrap">{part.text}</p>
        </details>
      );
  }
}

function Working() {
  return (
    <p className="flex items-center gap-1 py-1" role="status">
      <span className="sr-only">Working on it</span>
      {["", "[animation-delay:150ms]", "[animation-delay:300ms]"].map((delay) => (
        <span
          key={delay}
          aria-hidden
          className={`size-1.5 animate-pulse rounded-full bg-muted ${delay}`}
        />
      ))}
    </p>
  );
}

/** Nothing moves: no text grows, no tool runs, nobody is asked. */
function isQuiet(parts: readonly Part[]): boolean {
  const last = parts.at(-1);
  return !last || (last.kind === "call" && last.result !== null);
}

function End({ answer, onAgain }: { answer: Said; onAgain: (() => void) | null }) {
  const { ending, parts, model, at } = answer;
  if (ending.kind === "answering") return null;
  const text = parts.flatMap((part) => (part.kind === "text" ? [part.text] : [])).join("\n\n");
  const again = onAgain && (
    <Button size="sm" onClick={onAgain}>
      <RotateCcw aria-hidden /> Ask again
    </Button>
  );
  if (ending.kind === "failed") {
    return (
      <Notice tone="bad" title={sentence(ending.message)} action={again}>
        <p>{NEXT_STEPS[ending.code]}</p>
        <p className="text-xs text-muted">{ending.code}</p>
      </Notice>
    );
  }
  const reason = REASONS[ending.reason];
  return (
    <>
      {reason && <Notice action={again}>{reason}</Notice>}
      <footer className="flex min-h-7 flex-wrap items-center gap-x-3 text-xs text-muted">
        {text && (
          <span className="-ml-1.5">
            <Copy text={text} what="the answer" />
          </span>
        )}
        <span className="tabular-nums">{usageOf(ending.usage)}</span>
        {model && <span>{model}</span>}
        {at && <Moment at={at} />}
      </footer>
    </>
  );
}
