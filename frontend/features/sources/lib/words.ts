// The words in which sources are spoken of.
import type { Source, Sync, SyncCounts } from "@/lib/api/client";
import type { Tone } from "@/ui/badge";
import { configOf } from "./draft";
import { setbackOf, type Phase } from "./progress";

const NUMBERS = new Intl.NumberFormat("en");

export function count(number: number, one: string, many = `${one}s`): string {
  return `${NUMBERS.format(number)} ${number === 1 ? one : many}`;
}

/** What a sync changed; what stayed as it was is not worth a word beside it. */
export function countsInWords({ added, changed, archived, unchanged }: SyncCounts): string {
  const parts = [
    added > 0 && `${NUMBERS.format(added)} added`,
    changed > 0 && `${NUMBERS.format(changed)} changed`,
    archived > 0 && `${NUMBERS.format(archived)} archived`,
  ].filter(Boolean);
  if (parts.length > 0) return parts.join(", ");
  return unchanged > 0 ? `${NUMBERS.format(unchanged)} unchanged` : "nothing changed";
}

/** What is to be said of a sync in one line. */
export function gistOf(sync: Sync): string {
  if (sync.state === "failed") return sync.errors[0]?.message ?? "it failed";
  if (sync.state === "cancelled") return "cancelled";
  if (sync.state === "succeeded") return countsInWords(sync.counts);
  const { done, total } = sync.progress;
  const far =
    done > 0 ? `${NUMBERS.format(done)}${total ? ` of ${NUMBERS.format(total)}` : ""}` : "";
  return setbackOf(sync) ?? (far || "on its way");
}

export const PHASES: Record<Phase["kind"], { word: string; tone: Tone }> = {
  none: { word: "not synced yet", tone: "plain" },
  waiting: { word: "waiting", tone: "accent" },
  reading: { word: "syncing", tone: "accent" },
  showing: { word: "writing the graph", tone: "accent" },
  done: { word: "succeeded", tone: "good" },
  failed: { word: "failed", tone: "bad" },
  cancelled: { word: "cancelled", tone: "plain" },
};

const STATES: Record<Source["state"], { word: string; tone: Tone }> = {
  new: { word: "not synced yet", tone: "plain" },
  syncing: { word: "syncing", tone: "accent" },
  ready: { word: "ready", tone: "good" },
  failed: { word: "failed", tone: "bad" },
};

/** How a source is. One that has tools only is ready from the start. */
export function stateOf(source: Source, syncs: boolean) {
  return STATES[source.state === "new" && !syncs ? "ready" : source.state];
}

/** How long a sync took, or has taken. */
export function durationOf({ started_at, finished_at }: Sync): string {
  if (!started_at || !finished_at) return "–";
  const seconds = (Date.parse(finished_at) - Date.parse(started_at)) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Questions that fit what a kind of source brings. */
export function questionsFor(sourceType: string, label?: string): readonly string[] {
  switch (sourceType) {
    case "git":
      return [
        "Which files change most?",
        "What changed in the last 7 days?",
        "How many commits are there?",
      ];
    case "postgres":
      return ["List tables", "How many columns are there?", "List views"];
    case "csv":
    case "json":
      return label
        ? [`How many ${manyOf(label)} are there?`, `List ${manyOf(label)}`]
        : ["What can you do?"];
    default:
      return ["Which sources are connected?"];
  }
}

/** Several things of a label: `OrderEntry` are "order entries". */
export function manyOf(label: string): string {
  const words = label.replace(/(?<=[a-z0-9])(?=[A-Z])/g, " ").toLowerCase();
  if (/[^aeiou]y$/.test(words)) return `${words.slice(0, -1)}ies`;
  return /(?:s|x|ch|sh)$/.test(words) ? `${words}es` : `${words}s`;
}

/** The label that the records of a file get. */
export function labelOf(source: Source): string | undefined {
  const { label } = configOf(source);
  const first: unknown = Array.isArray(label) ? label[0] : label;
  return typeof first === "string" ? first : undefined;
}
