// Usage by day, made whole: the API leaves out the days on which nothing happened.
import type { UsageView } from "@/lib/api/client";

export type UsageRow = UsageView["rows"][number];

const DAY_MS = 86_400_000;

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** The first of so many days, the last of which is today. */
export function firstDay(days: number, now: Date): string {
  return dayOf(now.getTime() - (days - 1) * DAY_MS);
}

/** Every day of a usage by day, oldest first. */
export function everyDay({ from, to, rows }: UsageView): UsageRow[] {
  const known = new Map(rows.map((row) => [row.key, row]));
  const days: UsageRow[] = [];
  for (let time = Date.parse(from); time <= Date.parse(to); time += DAY_MS) {
    const key = dayOf(time);
    days.push(known.get(key) ?? { key, runs: 0, in_tokens: 0, out_tokens: 0, cost_usd: 0 });
  }
  return days;
}

/** A cost in dollars; what is less than a cent is not nothing. */
export function costInWords(usd: number): string {
  if (usd > 0 && usd < 0.01) return "< $0.01";
  return new Intl.NumberFormat("en", { style: "currency", currency: "USD" }).format(usd);
}
