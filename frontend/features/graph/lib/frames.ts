// How smooth something was. Pure.

export interface Smoothness {
  frames: number;
  p50: number;
  p95: number;
  longest: number;
  perSecond: number;
}

/** From the times of the frames, in milliseconds. */
export function smoothness(times: readonly number[]): Smoothness {
  const gaps = times.slice(1).map((time, at) => time - (times[at] ?? time));
  const sorted = [...gaps].sort((one, other) => one - other);
  const quantile = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const whole = (times.at(-1) ?? 0) - (times[0] ?? 0);
  return {
    frames: gaps.length,
    p50: quantile(0.5),
    p95: quantile(0.95),
    longest: sorted.at(-1) ?? 0,
    perSecond: whole > 0 ? (gaps.length * 1_000) / whole : 0,
  };
}
