"use client";

import { PanelLeftOpen } from "lucide-react";
import { useMemo, useState } from "react";
import { Button } from "@/ui/button";
import { Failure, SkeletonRows } from "@/ui/states";
import { useDebounced } from "../../hooks/use-debounced";
import { useDrawn } from "../../hooks/use-drawn";
import type { ColourOf } from "../../hooks/use-palette";
import type { Viewing } from "../../hooks/use-view";
import { open, remove, select, selectEdge, toggled } from "../../lib/address";
import { counted, kindOf } from "../../lib/names";
import type { Places } from "../../lib/scene";
import { shown } from "../../lib/subgraph";
import { GraphCanvas } from "../canvas";
import { Legend } from "../canvas/legend";
import { EdgePanel } from "../panel/edge-panel";
import { NodePanel } from "../panel/node-panel";
import { Twin } from "../table/twin";
import { GraphOverview } from "./overview";
import { Path } from "./path";
import { SearchColumn } from "./search-column";
import { TimeBar } from "./time-bar";

interface Props {
  viewing: Viewing;
  colourOf: ColourOf;
  onType: (type: string) => void;
}

/** Going through the graph: search, picture or table, and what is looked at. */
export function Explore({ viewing, colourOf, onType }: Props) {
  const { view, tab, asOf, change } = viewing;
  const q = useDebounced(view.q, 300);
  const { drawn, isEmpty, error, isPending, isFetching, refetch } = useDrawn({ ...view, q }, asOf);
  const [isFolded, setFolded] = useState(() => window.matchMedia("(max-width: 1023px)").matches);
  const { part } = drawn;
  const { hide, node, edge } = view;
  const seen = useMemo(
    () => (hide.length > 0 ? shown(part, (it) => hide.includes(kindOf(it))) : part),
    [part, hide],
  );
  const [places] = useState<Places>(() => new Map());
  const selected = useMemo(() => ({ node, edge }), [node, edge]);
  const looked = edge ? part.edges.get(edge) : undefined;

  const acts = {
    onNode: (id: string) => change(select(view, id)),
    onEdge: (id: string) => change(selectEdge(view, id)),
    onOpen: (id: string) => change(open(view, { id })),
    onRemove: (id: string) => change(remove(view, [id])),
  };
  const twin = <Twin part={seen} selected={selected} colourOf={colourOf} {...acts} />;
  const isFailed = error && part.nodes.size === 0;
  const words = `Graph of ${counted(seen.nodes.size)} nodes and ${counted(seen.edges.size)} edges`;

  return (
    <div className="relative flex min-h-0 flex-1 flex-col md:flex-row">
      {!isFolded && (
        <SearchColumn viewing={viewing} colourOf={colourOf} onFold={() => setFolded(true)} />
      )}
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        {(isFolded || !isEmpty) && (
          <div className="flex min-h-11 items-center gap-2 border-b bg-surface px-2 py-1">
            {isFolded && (
              <Button size="sm" onClick={() => setFolded(false)}>
                <PanelLeftOpen /> Search
              </Button>
            )}
            <Path viewing={viewing} drawn={drawn} onRetry={() => void refetch()} />
            {isFetching && <span className="text-xs text-muted">Reading…</span>}
          </div>
        )}
        <p role="status" className="sr-only">
          {isEmpty || isPending ? "" : words}
        </p>
        <div className="relative min-h-0 flex-1">
          {isEmpty ? (
            <GraphOverview colourOf={colourOf} change={change} onType={onType} />
          ) : isFailed ? (
            <Failure error={error} retry={() => void refetch()} />
          ) : isPending ? (
            <SkeletonRows />
          ) : tab === "table" ? (
            twin
          ) : (
            <GraphCanvas
              label={words}
              part={seen}
              selected={selected}
              colourOf={colourOf}
              places={places}
              onNothing={() => change(select(view, null))}
              instead={twin}
              {...acts}
            >
              <Legend
                part={part}
                colourOf={colourOf}
                hidden={hide}
                onToggle={(label) => change({ hide: toggled(hide, label) }, "replace")}
              />
            </GraphCanvas>
          )}
        </div>
        {!isEmpty && (
          <TimeBar part={part} asOf={asOf} onChange={(time) => change({ asOf: time }, "replace")} />
        )}
      </div>
      {node && (
        <NodePanel
          key={node}
          id={node}
          viewing={viewing}
          colourOf={colourOf}
          known={part.nodes.get(node)}
        />
      )}
      {looked && (
        <EdgePanel
          edge={looked}
          part={part}
          colourOf={colourOf}
          onNode={acts.onNode}
          onEdge={(id) => change(selectEdge(view, id))}
        />
      )}
    </div>
  );
}
