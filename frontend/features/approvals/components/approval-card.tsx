"use client";

import { ShieldQuestion, Timer } from "lucide-react";
import type { ReactNode } from "react";
import { useMe } from "@/features/session";
import { ApiError, type Approval } from "@/lib/api/client";
import { cn } from "@/lib/cn";
import { Badge } from "@/ui/badge";
import { Fault, sentence } from "@/ui/fault";
import { Notice } from "@/ui/notice";
import { useDecide } from "../hooks/use-decide";
import { useNow } from "../hooks/use-now";
import { EFFECTS, STATES, outcome, timeLeft, whyNot } from "../lib/words";
import { inShort } from "../lib/args";
import { Arguments } from "./arguments";
import { Decision, faultOfArgs } from "./decision";

/** As much of an approval as is shown; the log of a conversation tells no more. */
type ShownApproval = Omit<Approval, "run_id" | "tool_call_id" | "created_at" | "decided_at">;

interface Props {
  approval: ShownApproval;
  /** Beside the tool: where it was asked, and when. */
  aside?: ReactNode;
  onDecided?: (approval: Approval) => void;
}

/** What an agent asks a person before it acts, and what became of it. */
export function ApprovalCard({ approval, aside, onDecided }: Props) {
  const { id, tool, args, effect, reason } = approval;
  const { role } = useMe();
  const decide = useDecide(approval, onDecided);
  // The answer to our own decision is here before the log tells it, and knows no more afterwards.
  const decided = approval.state === "pending" ? (decide.data ?? approval) : approval;
  const isPending = decided.state === "pending";
  const now = useNow(isPending);
  const left = timeLeft(approval.expires_at, now);
  const refusal = whyNot(role, effect);
  const isLate = decide.error instanceof ApiError && decide.error.status === 409;
  return (
    <section
      aria-label={`Approval of ${tool}`}
      className={cn(
        "grid min-w-0 gap-3 rounded-lg border bg-surface p-4",
        isPending && "border-warn/50",
      )}
    >
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <ShieldQuestion
          className={cn("size-4.5 shrink-0", isPending ? "text-warn" : "text-muted")}
          aria-hidden
        />
        <h3 className="min-w-0 font-mono text-sm font-medium break-all">{tool}</h3>
        {!isPending && (
          <span className="hidden min-w-0 truncate text-xs text-muted sm:inline">
            {inShort(args)}
          </span>
        )}
        <Badge tone={EFFECTS[effect].tone} title={EFFECTS[effect].note}>
          {EFFECTS[effect].label}
        </Badge>
        <span className="ml-auto flex items-center gap-3 text-xs text-muted" aria-live="polite">
          {isPending && left && (
            <span role="timer" aria-live="off" className="flex items-center gap-1 tabular-nums">
              <Timer className="size-3.5" aria-hidden />
              <span className="sr-only">Time left:</span> {left}
            </span>
          )}
          {!isPending && (
            <Badge tone={STATES[decided.state].tone}>{STATES[decided.state].label}</Badge>
          )}
        </span>
      </header>
      {isPending && (
        <p className="text-muted">
          {sentence(reason)} {aside}
        </p>
      )}
      {isPending && !left && <Notice>The time to decide is over.</Notice>}
      {isPending && left && refusal && (
        <>
          <Arguments args={args} />
          <Notice>{refusal}</Notice>
        </>
      )}
      {isPending && left && !refusal && !isLate && (
        <Decision
          key={id}
          args={args}
          busy={decide.isPending}
          error={decide.error}
          onDecide={(body) => decide.mutate(body)}
        />
      )}
      {decide.error && !faultOfArgs(decide.error) && <Fault error={decide.error} />}
      {!isPending && <Outcome approval={{ ...approval, ...decided }} aside={aside} />}
    </section>
  );
}

function Outcome({ approval, aside }: { approval: ShownApproval; aside: ReactNode }) {
  const { state, effect_state, note, remember_until, decided_by } = approval;
  const { principal } = useMe();
  const who = decided_by === principal ? "You decided." : decided_by && "Somebody else decided.";
  const isUnknown = state === "approved" && effect_state === "unknown";
  const told = (
    <>
      {who} {outcome(state, effect_state)}
      {remember_until && (
        <> The same call passes until {new Date(remember_until).toLocaleTimeString()}.</>
      )}{" "}
      {aside}
    </>
  );
  return (
    <div className="grid gap-2">
      {isUnknown ? <Notice tone="warn">{told}</Notice> : <p className="text-muted">{told}</p>}
      {note && <p className="border-l-2 pl-3 text-muted">“{note}”</p>}
      <details>
        <summary className="w-fit text-xs text-muted">Arguments</summary>
        <div className="pt-1">
          <Arguments args={approval.args} />
        </div>
      </details>
    </div>
  );
}
