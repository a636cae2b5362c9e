// The slider of time: where on it a time is, and back. Pure.

export const STEPS = 1_000;

export interface Range {
  start: number;
  /** Now, as it was when the page was opened. */
  end: number;
}

/** The time at a place of the slider; at its right end it is now. */
export function timeAt(place: number, { start, end }: Range): string | null {
  if (place >= STEPS) return null;
  return new Date(start + ((end - start) * place) / STEPS).toISOString();
}

export function placeOf(time: string | null, { start, end }: Range): number {
  if (!time || end <= start) return STEPS;
  const share = (Date.parse(time) - start) / (end - start);
  return Math.round(Math.min(1, Math.max(0, share)) * STEPS);
}

/** A time as a field for local dates has it, to the minute, and back. */
export function toField(time: string | null): string {
  if (!time) return "";
  const date = new Date(time);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

export function fromField(text: string): string | null {
  const date = new Date(text);
  return text && !Number.isNaN(date.getTime()) ? date.toISOString() : null;
}

/** The earliest time that is known of, with a little room before it. */
export function startOf(times: Iterable<string>, end: number): number {
  let first = Infinity;
  for (const time of times) first = Math.min(first, Date.parse(time));
  if (first >= end) return end - 3_600_000;
  return first - (end - first) * 0.02;
}
