import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Keeper, nextTry } from "./prolong";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe("when a session is prolonged", () => {
  it("is an hour before the end of a long token", () => {
    expect(nextTry({ ends: DAY, seen: 0, tried: null })).toBe(23 * HOUR);
  });

  it("is after three quarters of what is left of a short one", () => {
    expect(nextTry({ ends: HOUR, seen: 0, tried: null })).toBe(45 * MINUTE);
    expect(nextTry({ ends: DAY, seen: DAY - 40_000, tried: null })).toBe(DAY - 10_000);
  });

  it("is never sooner than half a minute after the last time, whatever the token", () => {
    expect(nextTry({ ends: DAY, seen: 0, tried: 23 * HOUR })).toBe(23 * HOUR + 30_000);
    expect(nextTry({ ends: 105_000, seen: 45_000, tried: 45_000 })).toBe(90_000);
    expect(nextTry({ ends: 50_000, seen: 46_000, tried: 45_000 })).toBe(75_000);
  });

  it("is at once for a token that was over when it was seen", () => {
    expect(nextTry({ ends: HOUR, seen: 2 * HOUR, tried: null })).toBe(HOUR);
  });
});

describe("keeping a session", () => {
  beforeEach(() => void vi.useFakeTimers({ now: 0 }));
  afterEach(() => void vi.useRealTimers());

  it("tries again half a minute after it failed", async () => {
    const attempt = vi.fn(() => Promise.resolve(true));
    new Keeper().keep(HOUR, attempt);
    await vi.advanceTimersByTimeAsync(45 * MINUTE);
    expect(attempt).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(29_000);
    expect(attempt).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(attempt).toHaveBeenCalledTimes(2);
  });

  it("stops when nothing is to be prolonged any more", async () => {
    const attempt = vi.fn(() => Promise.resolve(false));
    new Keeper().keep(HOUR, attempt);
    await vi.advanceTimersByTimeAsync(2 * HOUR);
    expect(attempt).toHaveBeenCalledOnce();
  });

  it("does not hurry with the next token", async () => {
    const keeper = new Keeper();
    const attempt = vi.fn(() => Promise.resolve(true));
    const stop = keeper.keep(60_000, attempt);
    await vi.advanceTimersByTimeAsync(45_000);
    stop();
    keeper.keep(50_000, attempt);
    await vi.advanceTimersByTimeAsync(29_000);
    expect(attempt).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(attempt).toHaveBeenCalledTimes(2);
  });

  it("does not go on after it was stopped while it tried", async () => {
    const attempt = vi.fn(() => new Promise<boolean>((done) => setTimeout(() => done(true), 5)));
    const stop = new Keeper().keep(0, attempt);
    await vi.advanceTimersByTimeAsync(1);
    stop();
    await vi.advanceTimersByTimeAsync(HOUR);
    expect(attempt).toHaveBeenCalledOnce();
  });

  it("waits longer than a timer can", async () => {
    const attempt = vi.fn(() => Promise.resolve(true));
    new Keeper().keep(30 * DAY, attempt);
    await vi.advanceTimersByTimeAsync(29 * DAY);
    expect(attempt).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(23 * HOUR);
    expect(attempt).toHaveBeenCalledOnce();
  });
});
