// Why a source was refused, and what to do about it, in words.
import type { ApiError } from "@/lib/api/client";

export interface Refusal {
  title: string;
  /** What the other side or the server says. */
  reason?: string;
  /** What to try. */
  next?: string;
  code: string;
  requestId: string;
}

/** What went wrong, where it is not said beside a field. */
export function refusalOf(error: ApiError): Refusal {
  const told = (error.body.details as { upstream?: unknown } | null)?.upstream;
  const reason = typeof told === "string" ? sentence(told) : undefined;
  return { ...words(error, reason ?? ""), code: error.code, requestId: error.body.request_id };
}

function words(error: ApiError, reason: string): Omit<Refusal, "code" | "requestId"> {
  switch (error.code) {
    case "upstream_unavailable":
      if (error.status === 0) return { title: sentence(error.message) };
      return {
        title: "The source cannot be reached.",
        reason,
        next: /resolved/.test(reason)
          ? "Check the name of the host: is it spelt right, and known to the machine the server runs on?"
          : "Is it running, and can the server's machine reach it? It may also be too slow at the moment.",
      };
    case "upstream_refused":
      if (/not allowed/.test(reason)) {
        return {
          title: "This server may not call that address.",
          reason,
          next: "Whoever runs the server can open it with AGENTCY_EGRESS_ALLOW.",
        };
      }
      return {
        title: "The source refused.",
        reason,
        next: isAboutLogin(reason)
          ? "Check user and credentials: do they still hold, and may they read this?"
          : "Check the settings against what the source expects.",
      };
    case "credentials_required":
      return {
        title: "The credentials are needed again.",
        reason: sentence(error.message),
        next: "They were given for another target, and are not sent elsewhere without you: type them again, or remove them.",
      };
    case "source_validation_failed":
    case "invalid":
      return {
        title: error.fields.size > 0 ? "Some settings are wrong." : sentence(error.message),
        ...(error.fields.size > 0 && { next: "See beside the fields." }),
      };
    case "sync_in_progress":
      return { title: "A sync is under way.", next: "Wait for it, or cancel it first." };
    case "in_use":
      return { title: "Somebody else changed this source meanwhile.", next: "Load it again." };
    default:
      return { title: sentence(error.message) };
  }
}

/** Whether what the other side says is about who asks. */
export function isAboutLogin(reason: string): boolean {
  return /password|credential|authenti|authori[sz]|permission|denied|forbidden|login|\b40[13]\b|\brole\b/i.test(
    reason,
  );
}

function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
