// A schedule as somebody chooses it: a few usual ones, and cron for all others.

export type Preset =
  | { kind: "minutes"; every: number }
  | { kind: "hourly"; minute: number }
  | { kind: "daily"; time: string }
  | { kind: "weekdays"; time: string }
  | { kind: "weekly"; day: number; time: string }
  | { kind: "monthly"; day: number; time: string }
  | { kind: "cron"; cron: string };

/** Minutes that go into an hour. */
export const MINUTES = [5, 10, 15, 20, 30] as const;

const EMPTY_TIME = "00:00";

/** The cron expression of what was chosen. */
export function cronOf(preset: Preset): string {
  switch (preset.kind) {
    case "minutes":
      return `*/${preset.every} * * * *`;
    case "hourly":
      return `${preset.minute} * * * *`;
    case "daily":
      return `${at(preset.time)} * * *`;
    case "weekdays":
      return `${at(preset.time)} * * MON-FRI`;
    case "weekly":
      return `${at(preset.time)} * * ${preset.day}`;
    case "monthly":
      return `${at(preset.time)} ${preset.day} * *`;
    case "cron":
      return preset.cron.trim();
  }
}

function at(time: string): string {
  const [hour = 0, minute = 0] = (time || EMPTY_TIME).split(":").map(Number);
  return `${minute} ${hour}`;
}

/** What was chosen, read from the cron expression; what is no usual one stays cron. */
export function presetOf(cron: string): Preset {
  const other: Preset = { kind: "cron", cron };
  const found =
    /^(?:\*\/(?<every>\d+)|(?<minute>\d{1,2})) (?<hour>\*|\d{1,2}) (?<day>\*|\d{1,2}) \* (?<weekday>\*|[0-6]|MON-FRI)$/.exec(
      cron,
    )?.groups;
  if (!found) return other;
  const { every, minute, hour, day, weekday } = found;
  const isEach = day === "*" && weekday === "*";
  if (every) {
    const known = MINUTES.find((one) => one === Number(every));
    return known && hour === "*" && isEach ? { kind: "minutes", every: known } : other;
  }
  if (hour === "*") return isEach ? { kind: "hourly", minute: Number(minute) } : other;
  const time = `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
  if (isEach) return { kind: "daily", time };
  if (weekday === "*") return { kind: "monthly", day: Number(day), time };
  if (day !== "*") return other;
  if (weekday === "MON-FRI") return { kind: "weekdays", time };
  return { kind: "weekly", day: Number(weekday), time };
}

/** What a kind starts from, keeping the time of day of what was chosen before. */
export function changed(before: Preset, kind: Preset["kind"]): Preset {
  const time = "time" in before ? before.time : "06:00";
  switch (kind) {
    case "minutes":
      return { kind, every: 15 };
    case "hourly":
      return { kind, minute: 0 };
    case "daily":
    case "weekdays":
      return { kind, time };
    case "weekly":
      return { kind, day: 1, time };
    case "monthly":
      return { kind, day: 1, time };
    case "cron":
      return { kind, cron: cronOf(before) };
  }
}
