import { useEffect, useState } from "react";

const EVERY_MS = 500;

/** The time, which goes on while something does. */
export function useNow(isGoing: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!isGoing) return;
    const timer = setInterval(() => setNow(Date.now()), EVERY_MS);
    return () => clearInterval(timer);
  }, [isGoing]);
  return now;
}
