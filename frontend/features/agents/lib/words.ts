// How runs are spoken of.
import type { FinishReason, RunState, Usage } from "@/lib/api/client";
import type { Tone } from "@/ui/badge";

export const STATES: Record<RunState, { tone: Tone; name: string }> = {
  pending: { tone: "plain", name: "pending" },
  running: { tone: "accent", name: "running" },
  waiting_approval: { tone: "warn", name: "waits for approval" },
  succeeded: { tone: "good", name: "succeeded" },
  failed: { tone: "bad", name: "failed" },
  cancelled: { tone: "plain", name: "cancelled" },
};

/** Whether something may still happen in a run of this state. */
export function isActive(state: RunState): boolean {
  return state === "pending" || state === "running" || state === "waiting_approval";
}

const REASONS: Record<FinishReason, string> = {
  end_turn: "said what it had to say",
  max_iterations: "reached its limit of turns",
  max_tokens: "reached its limit of tokens",
  max_cost: "reached its limit of cost",
  max_time: "reached its limit of time",
  cancelled: "was stopped",
  approval_expired: "nobody decided in time",
};

/** Why a run ended, in words. */
export function reasonInWords(reason: FinishReason): string {
  return REASONS[reason];
}

/** A span of time, as short as it can be read: 85 ms, 2.4 s, 3 min 20 s. */
export function durationInWords(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return two(seconds, 60, "min", "s", 1);
  if (seconds < 86_400) return two(seconds, 3_600, "h", "min", 60);
  return two(seconds, 86_400, "d", "h", 3_600);
}

function two(seconds: number, unit: number, name: string, rest: string, part: number): string {
  const left = Math.floor((seconds % unit) / part);
  const whole = `${Math.floor(seconds / unit)} ${name}`;
  return left === 0 ? whole : `${whole} ${left} ${rest}`;
}

const count = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const money = new Intl.NumberFormat("en", {
  style: "currency",
  currency: "USD",
  minimumFractionDigits: 2,
  maximumFractionDigits: 4,
});

/** Tokens read and written. */
export function tokensInWords({ in_tokens: read = 0, out_tokens: written = 0 }: Usage): string {
  return `${count.format(read)} → ${count.format(written)}`;
}

/** What it cost; nothing where the price is not known, which is not the same as free. */
export function costInWords({ cost_usd: cost = 0 }: Usage): string {
  return cost === 0 ? "–" : money.format(cost);
}
