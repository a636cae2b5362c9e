// What an approval says, in words.
import type { Approval, Effect, EffectState, Role } from "@/lib/api/client";
import type { Tone } from "@/ui/badge";

export const EFFECTS: Record<Effect, { label: string; tone: Tone; note: string }> = {
  read: { label: "reads", tone: "plain", note: "Changes nothing" },
  write: { label: "writes", tone: "warn", note: "Can be changed back" },
  destructive: { label: "destroys", tone: "bad", note: "What it removes is gone afterwards" },
};

export const STATES: Record<Approval["state"], { label: string; tone: Tone }> = {
  pending: { label: "Waiting", tone: "warn" },
  approved: { label: "Approved", tone: "good" },
  denied: { label: "Denied", tone: "bad" },
  expired: { label: "Expired", tone: "plain" },
  cancelled: { label: "Stopped", tone: "plain" },
  superseded: { label: "Replaced", tone: "plain" },
};

const OUTCOMES: Record<Approval["state"], string> = {
  pending: "",
  approved: "",
  denied: "The call did not run.",
  expired: "Nobody decided in time. The call did not run.",
  cancelled: "The answer was stopped. The call did not run.",
  superseded: "Another message took its place. The call did not run.",
};

const EFFECT_STATES: Record<EffectState, string> = {
  none: "The call has not begun yet.",
  claimed: "The call is running.",
  done: "The call ran.",
  failed: "The call failed.",
  unknown:
    "The server stopped while the call ran: it may or may not have had its effect. It is not repeated; check before you ask again.",
};

/** What came of an approval. */
export function outcome(state: Approval["state"], effect: EffectState): string {
  return state === "approved" ? EFFECT_STATES[effect] : OUTCOMES[state];
}

/** Why this role may not decide, or null when it may. The server has the last word. */
export function whyNot(role: Role, effect: Effect): string | null {
  if (role === "viewer") return "Viewers do not decide. Ask a member.";
  const isAdmin = role === "admin" || role === "owner";
  return effect === "destructive" && !isAdmin ? "What destroys is decided by admins." : null;
}

export const REMEMBER = [
  { value: "0", label: "This call only" },
  { value: "900", label: "The same call for 15 minutes" },
  { value: "3600", label: "The same call for an hour" },
  { value: "28800", label: "The same call for 8 hours" },
  { value: "86400", label: "The same call for a day" },
] as const;

/** Time left, as a clock; null when it is over. */
export function timeLeft(expiresAt: string, now: number): string | null {
  const seconds = Math.ceil((Date.parse(expiresAt) - now) / 1000);
  if (seconds <= 0) return null;
  if (seconds >= 86_400)
    return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const tail = `${String(seconds % 60).padStart(2, "0")}`;
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}
