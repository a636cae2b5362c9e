"use client";

import { Bot, Play, Sparkles, Wrench } from "lucide-react";
import type { Message } from "@/lib/api/client";
import { cn } from "@/lib/cn";
import { useNow } from "../hooks/use-now";
import { extent, tick, timeline, toolOf, type Ran, type Span } from "../lib/timeline";
import { durationInWords } from "../lib/words";
import { SpanBar } from "./span-bar";
import { SpanDetail } from "./span-detail";

interface Props {
  run: Ran;
  /** What was said and done in it, the oldest first. */
  messages: readonly Message[];
  selected: string;
  onSelect: (span: string) => void;
}

const MARKS = 4;

/** A run as a tree and a waterfall, with what a span did beside it. */
export function Timeline({ run, messages, selected, onSelect }: Props) {
  const now = useNow(!run.finished_at);
  const spans = timeline(
    run,
    messages.filter(({ role }) => role === "assistant"),
  );
  const { from, to } = extent(spans, now);
  const step = tick(to - from, MARKS);
  // The last one needs room for its words.
  const count = Math.floor((0.84 * (to - from)) / step) + 1;
  const marks = Array.from({ length: count }, (_, at) => at * step);
  const place = (at: number) => `${(100 * (at - from)) / (to - from)}%`;
  const open = spans.find((span) => span.id === selected) ?? spans[0];

  return (
    <div className="grid grid-cols-1 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <div className="min-w-0 border-b lg:border-r lg:border-b-0">
        <div className="flex border-b text-xs text-muted" aria-hidden>
          <span className="w-[46%] shrink-0 px-4 py-2 sm:w-[42%]">What happened</span>
          <span className="relative mr-18 flex-1 overflow-hidden">
            {marks.map((mark, at) => (
              <span
                key={mark}
                className={cn(
                  "absolute inset-y-0 border-l pl-1 leading-8 whitespace-nowrap tabular-nums",
                  // A phone has room for every other one.
                  at % 2 === 1 && "hidden sm:block",
                )}
                style={{ left: place(from + mark) }}
              >
                {mark === 0 ? "0" : durationInWords(mark)}
              </span>
            ))}
          </span>
        </div>
        <ol aria-label="What happened in the run" className="py-1">
          {spans.map((span) => (
            <li key={span.id}>
              <button
                type="button"
                aria-current={span === open ? "true" : undefined}
                onClick={() => onSelect(span.id)}
                className="flex min-h-9 w-full items-center text-left hover:bg-sunken/60 aria-[current=true]:bg-accent-soft"
              >
                <Name span={span} />
                <span className="relative mr-2 h-4 min-w-0 flex-1">
                  <SpanBar span={span} now={now} place={place} />
                </span>
                <span className="w-16 shrink-0 pr-2 text-right text-xs whitespace-nowrap text-muted tabular-nums">
                  {durationInWords((span.to ?? now) - span.from)}
                </span>
              </button>
            </li>
          ))}
        </ol>
      </div>
      {open && <SpanDetail span={open} now={now} messages={messages} />}
    </div>
  );
}

const INDENTS = ["pl-4", "pl-8", "pl-12"];

function Name({ span }: { span: Span }) {
  const { icon: Icon, name, tone } = nameOf(span);
  return (
    <span
      className={cn(
        "flex w-[46%] shrink-0 items-center gap-2 pr-2 sm:w-[42%]",
        INDENTS[span.depth],
        tone,
      )}
    >
      <Icon className="size-3.5 shrink-0 text-muted" aria-hidden />
      <span className={cn("truncate", span.kind === "call" && "font-mono text-xs")} title={name}>
        {name}
      </span>
    </span>
  );
}

const FAILED = new Set(["failed", "refused", "unknown"]);

function nameOf(span: Span) {
  switch (span.kind) {
    case "run":
      return { icon: Play, name: "Run", tone: "font-medium" };
    case "turn":
      return { icon: span.text ? Bot : Sparkles, name: `Turn ${span.number}`, tone: "" };
    case "call":
      return {
        icon: Wrench,
        name: toolOf(span.call),
        tone: FAILED.has(span.call.state) ? "text-bad" : "",
      };
  }
}
