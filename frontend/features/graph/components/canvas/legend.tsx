"use client";

import { useMemo } from "react";
import type { ColourOf } from "../../hooks/use-palette";
import { counted, kindOf } from "../../lib/names";
import type { Part } from "../../lib/subgraph";

interface Props {
  part: Part;
  colourOf: ColourOf;
  hidden: readonly string[];
  onToggle: (label: string) => void;
}

/** Which colour is which label, how many there are, and which of them are shown. */
export function Legend({ part, colourOf, hidden, onToggle }: Props) {
  const kinds = useMemo(() => {
    const counts = new Map<string, number>();
    for (const node of part.nodes.values()) {
      counts.set(kindOf(node), (counts.get(kindOf(node)) ?? 0) + 1);
    }
    for (const label of hidden) if (!counts.has(label)) counts.set(label, 0);
    return [...counts].sort(([, one], [, other]) => other - one);
  }, [part, hidden]);
  if (kinds.length === 0) return null;
  return (
    <fieldset className="absolute bottom-3 left-3 max-h-[40%] max-w-[70%] overflow-y-auto rounded-md border bg-raised p-1 shadow-sm">
      <legend className="sr-only">Labels on the canvas</legend>
      {kinds.map(([label, count]) => {
        const isShown = !hidden.includes(label);
        return (
          <button
            key={label}
            type="button"
            aria-pressed={isShown}
            title={isShown ? `Hide ${label}` : `Show ${label}`}
            onClick={() => onToggle(label)}
            className="flex min-h-6 w-full items-center gap-2 rounded px-2 py-0.5 text-left text-xs hover:bg-sunken aria-[pressed=false]:text-muted aria-[pressed=false]:line-through"
          >
            <Dot colour={isShown ? colourOf(label) : "transparent"} />
            <span className="truncate">{label}</span>
            <span className="ml-auto pl-3 text-muted tabular-nums">{counted(count)}</span>
          </button>
        );
      })}
    </fieldset>
  );
}

/** The colour of a label, beside its name. */
export function Dot({ colour }: { colour: string }) {
  return (
    <span
      aria-hidden
      className="size-2.5 shrink-0 rounded-full ring-1 ring-line"
      style={{ backgroundColor: colour }}
    />
  );
}
