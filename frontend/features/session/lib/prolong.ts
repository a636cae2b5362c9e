// When a session is prolonged: early enough for a second try, and never in a hurry.

/** How long before its end a long token is traded for a newer one. */
const EARLY_MS = 60 * 60 * 1000;
/** Between two tries, whatever came of the first. */
const PAUSE_MS = 30_000;
/** A timer of browsers counts no further, and rings at once instead. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Token {
  ends: number;
  /** When it was first seen here: how long it had lived by then is not known. */
  seen: number;
  /** When a session was last tried to be prolonged. */
  tried: number | null;
}

/** When to try next. */
export function nextTry({ ends, seen, tried }: Token): number {
  const early = Math.min(EARLY_MS, Math.max(0, ends - seen) / 4);
  return Math.max(ends - early, tried === null ? -Infinity : tried + PAUSE_MS);
}

/** Tries in time, and again until it worked. */
export class Keeper {
  #tried: number | null = null;

  /** Keeps the session of a token that ends at a time, until told to stop or an attempt says that it is no use. */
  keep(ends: number, attempt: () => Promise<boolean>): () => void {
    const seen = Date.now();
    let timer: ReturnType<typeof setTimeout>;
    let isOver = false;
    const wait = () => {
      const left = Math.max(0, nextTry({ ends, seen, tried: this.#tried }) - Date.now());
      const isTooLong = left > LONGEST_TIMER_MS;
      timer = isTooLong ? setTimeout(wait, LONGEST_TIMER_MS) : setTimeout(() => void run(), left);
    };
    const run = async () => {
      this.#tried = Date.now();
      const goesOn = await attempt();
      if (goesOn && !isOver) wait();
    };
    wait();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }
}
