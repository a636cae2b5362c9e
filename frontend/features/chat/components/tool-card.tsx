"use client";

import { Check, ChevronRight, CircleHelp, CircleX, LoaderCircle, Pause } from "lucide-react";
import { useId, useState } from "react";
import { ApprovalCard } from "@/features/approvals";
import { cn } from "@/lib/cn";
import { Json } from "@/ui/code";
import { useSourceName } from "../hooks/use-names";
import type { Call } from "../lib/log";
import { duration, said } from "../lib/words";

const SIGNS = {
  running: { icon: LoaderCircle, look: "animate-spin text-accent", word: "running" },
  waiting: { icon: Pause, look: "text-warn", word: "waiting for a decision" },
  done: { icon: Check, look: "text-good", word: "done" },
  failed: { icon: CircleX, look: "text-bad", word: "failed" },
  unknown: { icon: CircleHelp, look: "text-warn", word: "unknown" },
  stopped: { icon: CircleX, look: "text-muted", word: "not run" },
} as const;

interface Props {
  call: Call;
  conversationId: string;
  /** The answer goes on. */
  isLive: boolean;
}

/** A tool that the model called: what for, how it went, and on demand with what and what came of it. */
export function ToolCard({ call, conversationId, isLive }: Props) {
  const [isOpen, setOpen] = useState(false);
  const details = useId();
  const source = useSourceName(call.connector);
  const { title, about } = said(call);
  const state = stateOf(call, isLive);
  const { icon: Sign, look, word } = SIGNS[state];
  const asked = call.approval && (
    <ApprovalCard approval={{ ...call.approval, conversation_id: conversationId }} />
  );
  // What is asked says all that there is to know.
  if (state === "waiting") return asked;
  return (
    <div className="grid min-w-0 gap-2">
      <div className="min-w-0 overflow-hidden rounded-md border bg-surface text-xs">
        <button
          type="button"
          aria-expanded={isOpen}
          aria-controls={details}
          onClick={() => setOpen(!isOpen)}
          className="flex w-full items-center gap-2 px-2.5 py-1.5 text-left hover:bg-sunken"
        >
          <Sign className={cn("size-3.5 shrink-0", look)} aria-hidden />
          <span className="font-medium whitespace-nowrap">{title}</span>
          <span className="sr-only">{word}</span>
          {source && <span className="shrink-0 text-muted">in {source}</span>}
          <span className="min-w-0 flex-1 truncate text-muted">{about}</span>
          {call.tookMs !== null && (
            <span className="shrink-0 text-muted tabular-nums">{duration(call.tookMs)}</span>
          )}
          <ChevronRight
            className={cn(
              "size-3.5 shrink-0 text-muted transition-transform",
              isOpen && "rotate-90",
            )}
            aria-hidden
          />
        </button>
        <div id={details} hidden={!isOpen} className="border-t">
          {isOpen && <Details call={call} />}
        </div>
      </div>
      {asked}
    </div>
  );
}

function Details({ call }: { call: Call }) {
  const label = "px-0.5 pb-1 font-medium text-muted";
  return (
    <div className="grid gap-3 p-2.5">
      <div className="min-w-0">
        <p className={label}>
          Arguments of <code className="font-mono">{call.name}</code>
        </p>
        <Json value={call.args ?? (call.written || {})} label="the arguments" />
      </div>
      {call.result && (
        <div className="min-w-0">
          <p className={label}>{call.result.failed ? "What went wrong" : "Result"}</p>
          <Json value={call.result.value} label="the result" />
        </div>
      )}
    </div>
  );
}

function stateOf({ result, approval }: Call, isLive: boolean): keyof typeof SIGNS {
  if (approval?.effect_state === "unknown") return "unknown";
  if (approval && approval.state !== "approved" && approval.state !== "pending") return "stopped";
  if (result) return result.failed ? "failed" : "done";
  if (!isLive) return "stopped";
  return approval?.state === "pending" ? "waiting" : "running";
}
