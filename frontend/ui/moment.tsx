"use client";

import { useSyncExternalStore } from "react";

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** How long ago, or in how long, in words. */
function inWords(at: Date, now: Date): string {
  const seconds = Math.round((at.getTime() - now.getTime()) / 1000);
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  }
  return Math.abs(seconds) < 10 ? "now" : relative.format(seconds, "second");
}

// One clock for every moment on the page.
const EVERY = 10_000;
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function tick() {
  now = Date.now();
  listeners.forEach((tell) => tell());
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  timer ??= setInterval(tick, EVERY);
  // The clock may have stood still, or be about to move: whoever comes gets the time.
  if (Date.now() - now > 1_000) tick();
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** A time, as people say it; exactly when looked at. */
export function Moment({ at }: { at: string | null | undefined }) {
  const clock = useSyncExternalStore(
    subscribe,
    () => now,
    () => now,
  );
  if (!at) return <span className="text-muted">never</span>;
  const date = new Date(at);
  const time = Math.max(clock, now);
  // What seems to be in a moment is more likely new than the clock is right.
  const isJustNow = date.getTime() > time && date.getTime() <= time + EVERY;
  return (
    <time dateTime={at} title={date.toLocaleString()} className="whitespace-nowrap tabular-nums">
      {inWords(date, isJustNow ? date : new Date(time))}
    </time>
  );
}
