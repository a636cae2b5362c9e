// Why a source was refused, and what to do about it, in words.
import type { ApiError } from "@/lib/api/client";
import { sentence } from "@/ui/fault";
import type { Draft } from "./draft";

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

/** Which fields an answer of the other side is about, where the API names none. */
export function besideOf(error: ApiError, draft: Draft): Map<string, string> {
  const reason = refusalOf(error).reason ?? "";
  const told = new Map(error.fields);
  if (error.code === "upstream_unavailable" && error.status !== 0) {
    for (const name of ["url", "base_url"]) {
      if (draft.config[name]) told.set(`config.${name}`, reason || "It cannot be reached.");
    }
  }
  if (error.code === "upstream_refused" && isAboutLogin(reason)) {
    for (const [name, given] of Object.entries(draft.credentials)) {
      if (given) told.set(`credentials.${name}`, "The source does not take this.");
    }
  }
  return told;
}

/** Whether what the other side says is about who asks. */
function isAboutLogin(reason: string): boolean {
  return /password|credential|authenti|authori[sz]|permission|denied|forbidden|login|\b40[13]\b|\brole\b/i.test(
    reason,
  );
}
