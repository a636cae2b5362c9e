// Cron in words. What has no short words keeps its own; the server alone reckons with it.

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

const NAMED: Record<string, string> = {
  "@hourly": "every hour",
  "@daily": "every day at 00:00",
  "@midnight": "every day at 00:00",
  "@weekly": "every Sunday at 00:00",
  "@monthly": "on the 1st of every month at 00:00",
  "@yearly": "every year on January 1st at 00:00",
  "@annually": "every year on January 1st at 00:00",
};

const list = new Intl.ListFormat("en");

/** What a cron expression says, as a part of a sentence; null where that takes more than a few words. */
export function cronInWords(cron: string): string | null {
  const text = cron.trim();
  const named = NAMED[text.toLowerCase()];
  if (named) return named;
  const [minute, hour, day, month, weekday, ...rest] = text.split(/\s+/);
  if (!minute || !hour || !day || !month || !weekday || rest.length > 0) return null;
  const time = timeInWords(minute, hour);
  const date = dateInWords(day, month, weekday);
  if (time === null || date === null) return null;
  if (time.startsWith("at")) return date === "" ? `every day ${time}` : `${date} ${time}`;
  return date === "" ? time : `${time}, ${date}`;
}

function timeInWords(minute: string, hour: string): string | null {
  const minutes = numbers(minute, 0, 59);
  const hours = numbers(hour, 0, 23);
  const everyMinutes = step(minute, 60);
  const everyHours = step(hour, 24);
  if (hour === "*") {
    if (everyMinutes) return everyMinutes === 1 ? "every minute" : `every ${everyMinutes} minutes`;
    if (minutes?.length === 1 && minutes[0] === 0) return "every hour";
    if (minutes) return `every hour at ${list.format(minutes.map((at) => `:${pad(at)}`))}`;
    return null;
  }
  if (everyHours && minutes?.length === 1) {
    return `every ${everyHours} hours at :${pad(minutes[0] ?? 0)}`;
  }
  if (hours && minutes && hours.length * minutes.length <= 6) {
    const times = hours.flatMap((h) => minutes.map((m) => `${pad(h)}:${pad(m)}`));
    return `at ${list.format(times)}`;
  }
  if (hours && everyMinutes && isRow(hours)) {
    const every = everyMinutes === 1 ? "every minute" : `every ${everyMinutes} minutes`;
    return `${every} from ${pad(hours[0] ?? 0)}:00 to ${pad(hours.at(-1) ?? 0)}:59`;
  }
  if (hours && minutes?.length === 1 && isRow(hours)) {
    const past = pad(minutes[0] ?? 0);
    return `every hour from ${pad(hours[0] ?? 0)}:${past} to ${pad(hours.at(-1) ?? 0)}:${past}`;
  }
  return null;
}

function dateInWords(day: string, month: string, weekday: string): string | null {
  const months = month === "*" ? [] : numbers(month, 1, 12, MONTHS);
  if (months === null) return null;
  const within = months.length > 0 ? list.format(months.map((at) => MONTHS[at - 1] ?? "")) : null;
  const isAnyDay = day === "*" || day === "?";
  const isAnyWeekday = weekday === "*" || weekday === "?";
  // Both at once is either of the two for some, and both for others.
  if (!isAnyDay && !isAnyWeekday) return null;
  if (!isAnyWeekday) {
    const days = weekdaysInWords(weekday);
    return days && within ? `${days} in ${within}` : days;
  }
  if (!isAnyDay) {
    const days = daysInWords(day);
    return days && `on the ${days} of ${within ?? "every month"}`;
  }
  return within ? `every day in ${within}` : "";
}

function daysInWords(day: string): string | null {
  if (day.toUpperCase() === "L") return "last day";
  const days = numbers(day, 1, 31);
  return days && list.format(days.map(ordinal));
}

function weekdaysInWords(weekday: string): string | null {
  const nth = /^([0-7]|[a-z]{3})#([1-5])$/i.exec(weekday);
  if (nth?.[1] && nth[2]) {
    const day = number(nth[1], 0, 7, DAYS);
    return day === null
      ? null
      : `on the ${ordinal(Number(nth[2]))} ${DAYS[day % 7]} of every month`;
  }
  const found = numbers(weekday, 0, 7, DAYS)?.map((day) => day % 7);
  if (!found) return null;
  const days = [...new Set(found)].sort((one, other) => one - other);
  const key = days.join();
  if (key === "1,2,3,4,5") return "on weekdays";
  if (key === "0,6") return "on weekends";
  if (days.length === 7) return "";
  const names = days.map((day) => DAYS[day] ?? "");
  return days.length === 1 ? `every ${names[0]}` : `on ${list.format(names)}`;
}

/** The numbers that a field names one by one; null where it is a step, all, or no field at all. */
function numbers(field: string, min: number, max: number, names?: readonly string[]) {
  const found: number[] = [];
  for (const part of field.split(",")) {
    const [low = "", high, more] = part.split("-");
    const from = number(low, min, max, names);
    const to = high === undefined ? from : number(high, min, max, names);
    if (from === null || to === null || more !== undefined || to < from) return null;
    for (let at = from; at <= to; at += 1) found.push(at);
  }
  return found;
}

function number(text: string, min: number, max: number, names?: readonly string[]): number | null {
  const name = text.toLowerCase();
  const at = names?.findIndex((one) => one.slice(0, 3).toLowerCase() === name) ?? -1;
  // Months are named from 1 on, weekdays from 0 on.
  if (at >= 0) return at + min;
  const value = /^\d{1,2}$/.test(text) ? Number(text) : null;
  return value !== null && value >= min && value <= max ? value : null;
}

/** Every how many: of a star, or of a star with a step that goes into the whole. */
function step(field: string, whole: number): number | null {
  if (field === "*") return 1;
  const every = /^\*\/(\d{1,2})$/.exec(field)?.[1];
  return every && Number(every) > 0 && whole % Number(every) === 0 ? Number(every) : null;
}

function isRow(values: readonly number[]): boolean {
  return values.every((value, at) => at === 0 || value === (values[at - 1] ?? 0) + 1);
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

const ENDINGS: Record<string, string> = { one: "st", two: "nd", few: "rd", other: "th" };
const rules = new Intl.PluralRules("en", { type: "ordinal" });

export function ordinal(value: number): string {
  return `${value}${ENDINGS[rules.select(value)] ?? "th"}`;
}
