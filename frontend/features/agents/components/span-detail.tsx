"use client";

import Link from "next/link";
import type { ReactNode } from "react";
import type { Approval, CallState, Message, ToolCall } from "@/lib/api/client";
import { Badge, type Tone } from "@/ui/badge";
import { Json } from "@/ui/code";
import { sentence } from "@/ui/fault";
import { Moment } from "@/ui/moment";
import { toolOf, type Span } from "../lib/timeline";
import { EFFECTS } from "../lib/tools";
import { durationInWords } from "../lib/words";
import { useNames } from "../hooks/use-names";
import { Fact, Facts } from "./facts";
import { Prose } from "./prose";

interface Props {
  span: Span;
  now: number;
  /** What was said and done in the run, the oldest first. */
  messages: readonly Message[];
}

/** What one span of a run did. */
export function SpanDetail({ span, now, messages }: Props) {
  const length = durationInWords((span.to ?? now) - (span.began ?? span.to ?? now));
  return (
    <div className="grid min-w-0 grid-cols-1 content-start gap-4 p-4 lg:sticky lg:top-0 lg:max-h-dvh lg:overflow-y-auto">
      {span.kind === "run" && <Whole messages={messages} />}
      {span.kind === "turn" && (
        <>
          <h3 className="font-semibold">Turn {span.number} of the model</h3>
          <Facts>
            <Fact name="Took about">{length}</Fact>
            {span.model && <Fact name="Model">{span.model}</Fact>}
          </Facts>
          {span.text ? (
            <Prose text={span.text} isGrowing={span.to === null} />
          ) : (
            <p className="text-muted">It said nothing, and asked for the calls below it.</p>
          )}
        </>
      )}
      {span.kind === "call" && <Call call={span.call} length={length} />}
    </div>
  );
}

/** What was asked, and what was answered. */
function Whole({ messages }: { messages: readonly Message[] }) {
  const said = (role: Message["role"]) =>
    messages.filter((message) => message.role === role && message.content !== "");
  const [asked, answered] = [said("user"), said("assistant")];
  return (
    <>
      <Part title="Asked">
        {asked.length === 0 && <p className="text-muted">Nothing.</p>}
        {asked.map(({ id, content }) => (
          <p key={id} className="leading-relaxed wrap-anywhere whitespace-pre-wrap">
            {content}
          </p>
        ))}
      </Part>
      <Part title="Answered">
        <div aria-live="polite" className="grid grid-cols-1 gap-3">
          {answered.length === 0 && <p className="text-muted">Nothing.</p>}
          {answered.map(({ id, content, finished_at: end }) => (
            <Prose key={id} text={content} isGrowing={!end} />
          ))}
        </div>
      </Part>
    </>
  );
}

const CALL_STATES: Record<CallState, { tone: Tone; name: string }> = {
  requested: { tone: "plain", name: "asked for" },
  waiting: { tone: "warn", name: "waits for a person" },
  claimed: { tone: "accent", name: "at work" },
  done: { tone: "good", name: "done" },
  failed: { tone: "bad", name: "failed" },
  refused: { tone: "bad", name: "refused" },
  unknown: { tone: "bad", name: "outcome unknown" },
  cancelled: { tone: "plain", name: "cancelled" },
};

const PASSED: Record<string, string> = {
  default: "by the approval defaults",
  approval: "a person agreed",
  remembered: "a person had agreed to the same call",
  standing: "by a standing approval",
};

function Call({ call, length }: { call: ToolCall; length: string }) {
  const { tone, name } = CALL_STATES[call.state];
  return (
    <>
      <div className="flex flex-wrap items-center gap-2">
        <h3 className="font-mono text-sm font-semibold wrap-anywhere">{toolOf(call)}</h3>
        <Badge tone={tone}>{name}</Badge>
        {call.effect && <Badge tone={EFFECTS[call.effect].tone}>{EFFECTS[call.effect].name}</Badge>}
      </div>
      <Facts>
        <Fact name="Took">{call.started_at ? length : "–"}</Fact>
        {call.connector && (
          <Fact name="Source">
            <Link
              href={`/sources/?source=${call.connector}`}
              className="text-accent hover:underline"
            >
              Open it
            </Link>
          </Fact>
        )}
        {call.passed_by && <Fact name="Let pass">{PASSED[call.passed_by] ?? call.passed_by}</Fact>}
      </Facts>
      {call.approval && <Asked approval={call.approval} />}
      <Part title="Arguments">
        <Json label="the arguments" value={call.args} />
      </Part>
      {call.result !== undefined && call.result !== null && (
        <Part title="Result">
          <Json label="the result" value={call.result} />
        </Part>
      )}
    </>
  );
}

function Asked({ approval }: { approval: Approval }) {
  const nameOf = useNames();
  return (
    <Part title="Approval">
      <div className="grid gap-1 rounded-md border p-3">
        <p>
          {approval.state === "pending" ? "Waits for a person" : `It was ${approval.state}`}
          {approval.decided_by && <> by {nameOf(approval.decided_by)}</>}
          {approval.decided_at && (
            <>
              {" "}
              <Moment at={approval.decided_at} />
            </>
          )}
          .
        </p>
        <p className="text-xs text-muted">{sentence(approval.reason)}</p>
        {approval.note && <p>“{approval.note}”</p>}
        <Link
          href={`/approvals/?approval=${approval.id}`}
          className="justify-self-start text-accent hover:underline"
        >
          {approval.state === "pending" ? "Decide it" : "Open the approval"}
        </Link>
      </div>
    </Part>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="grid min-w-0 grid-cols-1 gap-1.5">
      <h4 className="text-xs font-medium text-muted">{title}</h4>
      {children}
    </section>
  );
}
