// Seconds as people say them. Pure.

export const UNITS = [
  { name: "days", secs: 86_400 },
  { name: "hours", secs: 3_600 },
  { name: "minutes", secs: 60 },
  { name: "seconds", secs: 1 },
] as const;

export type Unit = (typeof UNITS)[number]["name"];

export interface Duration {
  amount: number;
  unit: Unit;
}

/** In the largest unit that loses nothing. */
export function fromSecs(secs: number): Duration {
  const unit = UNITS.find((unit) => secs >= unit.secs && secs % unit.secs === 0);
  return unit ? { amount: secs / unit.secs, unit: unit.name } : { amount: secs, unit: "seconds" };
}

export function toSecs({ amount, unit }: Duration): number {
  return amount * (UNITS.find(({ name }) => name === unit)?.secs ?? 1);
}
