"use client";

import { PanelLeftClose, Search as SearchIcon, X } from "lucide-react";
import { useRef, type KeyboardEvent } from "react";
import { Button } from "@/ui/button";
import { Input } from "@/ui/field";
import type { ColourOf } from "../../hooks/use-palette";
import type { Viewing } from "../../hooks/use-view";
import { open } from "../../lib/address";
import { Filters } from "./filters";
import { Results } from "./results";

interface Props {
  viewing: Viewing;
  colourOf: ColourOf;
  onFold: () => void;
}

/** Finding nodes: a phrase, what they must be, and what was found. */
export function SearchColumn({ viewing, colourOf, onFold }: Props) {
  const { view, asOf, change } = viewing;
  const column = useRef<HTMLElement>(null);

  function walk(event: KeyboardEvent<HTMLElement>) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || !(event.target as HTMLElement).matches("[data-walk]")) return;
    const stops = [...(column.current?.querySelectorAll<HTMLElement>("[data-walk]") ?? [])];
    stops[stops.indexOf(event.target as HTMLElement) + by]?.focus();
    event.preventDefault();
  }

  return (
    // Arrow keys go from the phrase through what was found.
    <search
      ref={column}
      onKeyDown={walk}
      className="absolute inset-0 z-20 flex min-h-0 flex-col border-r bg-surface lg:static lg:w-64 lg:shrink-0 xl:w-72"
    >
      <div className="flex items-center gap-1 border-b p-2">
        <div className="relative min-w-0 flex-1">
          <SearchIcon
            aria-hidden
            className="pointer-events-none absolute top-2.5 left-2.5 size-4 text-muted"
          />
          <Input
            type="search"
            data-walk
            aria-label="Search the graph"
            placeholder="Search the graph"
            className="pl-8 [&::-webkit-search-cancel-button]:hidden"
            value={view.q}
            onChange={({ target }) => change({ q: target.value }, "replace")}
          />
          {view.q && (
            <Button
              kind="quiet"
              size="icon-sm"
              aria-label="Clear the phrase"
              className="absolute top-1 right-1"
              onClick={() => change({ q: "" })}
            >
              <X />
            </Button>
          )}
        </div>
        <Button kind="quiet" size="icon" aria-label="Fold the search" title="Fold" onClick={onFold}>
          <PanelLeftClose />
        </Button>
      </div>
      <Filters view={view} change={change} />
      <Results
        view={view}
        asOf={asOf}
        colourOf={colourOf}
        onClear={() => change({ q: "", label: [], realm: [], source: null, property: [] })}
        onOpen={(id) => {
          change(open(view, { id }));
          if (window.matchMedia("(max-width: 1023px)").matches) onFold();
        }}
      />
    </search>
  );
}
