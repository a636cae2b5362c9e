// Which entries of the palette fit what is typed, and in which order they stand. Pure.

/** Kinds of entries, in the order in which they stand when nothing is typed. */
export const GROUPS = [
  "Recent",
  "Actions",
  "Pages",
  "Sources",
  "Agents",
  "Tasks",
  "Conversations",
  "Approvals",
  "Nodes",
  "Workers",
  "Members",
  "API keys",
] as const;

export type Group = (typeof GROUPS)[number];

export interface Rankable {
  id: string;
  group: Exclude<Group, "Recent">;
  title: string;
  /** What stands beside the title, and what else people would type. */
  detail?: string;
  words?: string;
  /** The server found it: it fits, also where the reason is not seen here. */
  isFound?: boolean;
  /** One of too many to be offered before anything is typed. */
  onAsk?: boolean;
}

export interface Section<Entry> {
  group: Group;
  entries: Entry[];
}

const MOST_IN_A_GROUP = 6;
const MOST_RECENT = 5;
/** What was opened lately comes before what fits as well. */
const RECENT_BONUS = 15;

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
}

/** How well one word that was typed fits; 0 is not at all. */
function fit(typed: string, { title, detail = "", words = "" }: Rankable): number {
  const name = title.toLowerCase();
  const parts = wordsOf(title);
  if (name.startsWith(typed)) return 100;
  if (parts.some((part) => part.startsWith(typed))) return 60;
  if (
    typed.length > 1 &&
    parts
      .map((part) => part[0])
      .join("")
      .startsWith(typed)
  )
    return 40;
  if (name.includes(typed)) return 30;
  if (wordsOf(words).some((word) => word.startsWith(typed))) return 20;
  return detail.toLowerCase().includes(typed) ? 10 : 0;
}

/** How well an entry fits what is typed: every word of it must; 0 is not at all. */
export function score(query: string, entry: Rankable): number {
  const typed = query.toLowerCase().split(/\s+/).filter(Boolean);
  let sum = 0;
  for (const word of typed) {
    const fits = fit(word, entry);
    if (fits === 0) return entry.isFound ? 1 : 0;
    sum += fits;
  }
  return typed.length === 0 ? 1 : sum / typed.length;
}

/** What is shown: without a query what was opened lately, actions and pages; with one what fits, the best group first. */
export function sections<Entry extends Rankable>(
  query: string,
  entries: readonly Entry[],
  recent: readonly string[],
): Section<Entry>[] {
  return query.trim() === "" ? atRest(entries, recent) : fitting(query, entries, recent);
}

function atRest<Entry extends Rankable>(entries: readonly Entry[], recent: readonly string[]) {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const lately = recent.flatMap((id) => byId.get(id) ?? []).slice(0, MOST_RECENT);
  const sections: Section<Entry>[] = [{ group: "Recent", entries: lately }];
  for (const group of ["Actions", "Pages"] as const) {
    const own = entries.filter(
      (entry) => entry.group === group && !entry.onAsk && !lately.includes(entry),
    );
    sections.push({ group, entries: own });
  }
  return sections.filter(({ entries }) => entries.length > 0);
}

function fitting<Entry extends Rankable>(
  query: string,
  entries: readonly Entry[],
  recent: readonly string[],
) {
  const groups = new Map<Group, { entry: Entry; worth: number }[]>();
  for (const entry of entries) {
    const fits = score(query, entry);
    if (fits === 0) continue;
    const worth = fits + (recent.includes(entry.id) ? RECENT_BONUS : 0);
    groups.set(entry.group, [...(groups.get(entry.group) ?? []), { entry, worth }]);
  }
  return [...groups]
    .map(([group, found]) => {
      const best = found.toSorted((one, other) => other.worth - one.worth);
      return { group, best: best.slice(0, MOST_IN_A_GROUP) };
    })
    .toSorted(
      (one, other) =>
        (other.best[0]?.worth ?? 0) - (one.best[0]?.worth ?? 0) ||
        GROUPS.indexOf(one.group) - GROUPS.indexOf(other.group),
    )
    .map(({ group, best }) => ({ group, entries: best.map(({ entry }) => entry) }));
}
