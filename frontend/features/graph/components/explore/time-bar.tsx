"use client";

import { History } from "lucide-react";
import { useEffect, useEffectEvent, useMemo, useState } from "react";
import { Button } from "@/ui/button";
import { Input } from "@/ui/field";
import { useSources } from "../../hooks/use-words";
import type { Part } from "../../lib/subgraph";
import { fromField, placeOf, startOf, STEPS, timeAt, toField } from "../../lib/time-range";

interface Props {
  part: Part;
  asOf: string | null;
  onChange: (asOf: string | null) => void;
}

const REST_MS = 200;

/** The time that is looked at: everything on the page is as it held then. */
export function TimeBar({ part, asOf, onChange }: Props) {
  const [now] = useState(Date.now);
  const sources = useSources();
  const seen = useMemo(
    () =>
      startOf(
        [
          ...[...part.nodes.values()].map(({ valid_from }) => valid_from),
          ...sources.items.map(({ created_at }) => created_at),
          ...(asOf ? [asOf] : []),
        ],
        now,
      ),
    [part, sources.items, asOf, now],
  );
  // The range grows with what is seen, and never shrinks under the hand.
  const [start, setStart] = useState(seen);
  if (seen < start) setStart(seen);
  const range = { start, end: now };
  const [held, setHeld] = useState<number | null>(null);
  const place = held ?? placeOf(asOf, range);
  const shown = held === null ? asOf : timeAt(held, range);

  const rest = useEffectEvent((place: number) => {
    onChange(timeAt(place, range));
    setHeld(null);
  });
  useEffect(() => {
    if (held === null) return;
    const timer = setTimeout(() => rest(held), REST_MS);
    return () => clearTimeout(timer);
  }, [held]);

  return (
    <div className="flex flex-wrap items-center gap-x-2 gap-y-1 border-t bg-surface px-3 py-1.5">
      <History aria-hidden className="size-4 text-muted" />
      <input
        type="range"
        min={0}
        max={STEPS}
        value={place}
        aria-label="Time"
        aria-valuetext={shown ? new Date(shown).toLocaleString("en") : "now"}
        onChange={({ target }) => setHeld(Number(target.value))}
        className="h-6 min-w-16 flex-1 accent-accent"
      />
      <Input
        type="datetime-local"
        aria-label="As of"
        className="h-8 w-auto text-xs"
        value={toField(shown)}
        max={toField(new Date(now).toISOString())}
        onChange={({ target }) => onChange(fromField(target.value))}
      />
      <Button size="sm" disabled={!asOf} onClick={() => onChange(null)}>
        Now
      </Button>
    </div>
  );
}
