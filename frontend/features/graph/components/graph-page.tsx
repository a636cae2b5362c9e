"use client";

import { RefreshCw } from "lucide-react";
import { Button } from "@/ui/button";
import { cn } from "@/lib/cn";
import { useChanged } from "../hooks/use-changed";
import { usePalette } from "../hooks/use-palette";
import { TABS, useView, type Tab } from "../hooks/use-view";
import { Cypher, useCypherQuery } from "./cypher/cypher";
import { Explore } from "./explore/explore";

const NAMES: Record<Tab, string> = { graph: "Graph", table: "Table", cypher: "Cypher" };

/** The graph, as a picture, as tables, and asked in Cypher. */
export function GraphPage() {
  const viewing = useView();
  const colourOf = usePalette();
  const { isChanged, show } = useChanged();
  const [, setQuery] = useCypherQuery();
  const { tab, change } = viewing;

  function askForType(type: string) {
    const name = type.replaceAll("`", "``");
    void setQuery(`MATCH (a)-[r:\`${name}\`]->(b)\nRETURN a, r, b\nLIMIT 100`);
    change({ tab: "cypher" });
  }

  return (
    <div className="flex h-[calc(100dvh-3.25rem-1px)] min-h-0 flex-col md:h-dvh">
      <header className="flex min-h-12 items-center gap-3 border-b bg-surface px-4">
        <h1 className="text-base font-semibold tracking-tight">Graph</h1>
        <div role="group" aria-label="View" className="flex rounded-md border bg-sunken p-0.5">
          {TABS.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={tab === name}
              onClick={() => change({ tab: name })}
              className={cn(
                "min-h-7 rounded px-2.5 text-xs font-medium text-muted hover:text-text",
                tab === name && "bg-surface text-text shadow-sm",
              )}
            >
              {NAMES[name]}
            </button>
          ))}
        </div>
        <div role="status" className="ml-auto">
          {isChanged && (
            <Button kind="quiet" size="sm" onClick={() => void show()}>
              <RefreshCw /> Changed, show
            </Button>
          )}
        </div>
      </header>
      {tab === "cypher" ? (
        <Cypher viewing={viewing} colourOf={colourOf} />
      ) : (
        <Explore viewing={viewing} colourOf={colourOf} onType={askForType} />
      )}
    </div>
  );
}
