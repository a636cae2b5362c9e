// The way from an empty organisation to a first answer: connect a source, see it synced, ask.
import { isUnderWay, phaseOf } from "@/features/sources";
import type { Source } from "@/lib/api/client";

export type FirstRun =
  | { step: "connect" }
  | { step: "sync"; source: Source }
  | { step: "ask"; source: Source }
  | { step: "over" };

interface Known {
  sources: readonly Source[];
  /** Whether this person has asked anything yet. */
  hasAsked: boolean;
  /** Kinds of sources that are called live, and never synced. */
  toolsOnly: ReadonlySet<string>;
}

/** Where somebody is on that way. */
export function firstRunOf({ sources, hasAsked, toolsOnly }: Known): FirstRun {
  // The last sync tells of now alone: whoever asked has had an answer, even if the source is read again or failed since.
  if (hasAsked && sources.length > 0) return { step: "over" };
  const ready = sources.find(
    ({ source_type, last_sync }) =>
      toolsOnly.has(source_type) || phaseOf(last_sync).kind === "done",
  );
  if (ready) return { step: "ask", source: ready };
  const next = sources.find(({ last_sync }) => isUnderWay(last_sync)) ?? sources[0];
  if (next) return { step: "sync", source: next };
  return { step: "connect" };
}

export const STEPS = ["connect", "sync", "ask"] as const;
export type Step = (typeof STEPS)[number];

/** Whether a step is behind, now, or ahead. */
export function placeOf(step: Step, now: FirstRun["step"]): "done" | "now" | "ahead" {
  const at = now === "over" ? STEPS.length : STEPS.indexOf(now);
  const place = STEPS.indexOf(step);
  return place < at ? "done" : place === at ? "now" : "ahead";
}

/** A repository as somebody names it: an address to clone, or a path on the server's machine. */
export function repositoryOf(text: string): { name: string; config: Record<string, string> } {
  const given = text.trim();
  const last =
    given
      .replace(/\/+$/, "")
      .replace(/\.git$/, "")
      .split("/")
      .at(-1) ?? "";
  const name = last === "." || last === "" || last === ".." ? "this repository" : last;
  const isAddress = /^[a-z][a-z0-9+.-]*:\/\//i.test(given);
  return { name: name.slice(0, 100), config: isAddress ? { url: given } : { path: given } };
}
