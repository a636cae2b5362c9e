"use client";

import { Database } from "lucide-react";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { useMemo, useState } from "react";
import { ApiError } from "@/lib/api/client";
import { Empty, Failure, Skeleton } from "@/ui/states";
import { useCypherQuery, useCypherReason, useCypherRun } from "../../hooks/use-cypher";
import type { ColourOf } from "../../hooks/use-palette";
import type { Viewing } from "../../hooks/use-view";
import { partOf } from "../../lib/cells";
import { mark, placeIn } from "../../lib/fault-place";
import { NO_PART } from "../../lib/subgraph";
import { EdgePanel } from "../panel/edge-panel";
import { NodePanel } from "../panel/node-panel";
import { Answer, SHAPES } from "./answer";
import { Editor } from "./editor";

export { useCypherQuery };

interface Props {
  viewing: Viewing;
  colourOf: ColourOf;
}

/** Asking the graph in Cypher: a query, its parameters, and the answer in three shapes. */
export function Cypher({ viewing, colourOf }: Props) {
  const { view, change } = viewing;
  const reason = useCypherReason();
  const [query, setQuery] = useCypherQuery();
  const [params, setParams] = useState("");
  const [shape, setShape] = useQueryState("shape", parseAsStringLiteral(SHAPES));
  const { run, answer, ask, asked } = useCypherRun();
  const part = useMemo(
    () => (answer.data ? partOf(answer.data) : { ...NO_PART, loose: 0 }),
    [answer.data],
  );
  const edge = view.edge ? part.edges.get(view.edge) : undefined;
  const fault = answer.error instanceof ApiError ? answer.error : null;
  const place = fault && placeIn(fault.body.details);

  if (reason) {
    return (
      <Empty icon={Database} title="No Cypher here">
        {reason} Search and expand work all the same.
      </Empty>
    );
  }
  return (
    <div className="relative flex min-h-0 flex-1 flex-col md:flex-row">
      <div className="flex min-h-0 min-w-0 flex-1 flex-col overflow-y-auto">
        <Editor
          query={query}
          onQuery={(text) => void setQuery(text)}
          params={params}
          onParams={setParams}
          isBusy={answer.isFetching}
          // A fault is of the text as it was sent: once it is edited, its place says nothing.
          mark={place && run && run.body.query === query ? mark(run.body.query, place) : null}
          fault={fault}
          asked={asked}
          onAsk={(limit) => ask(query, params, limit)}
        />
        <div className="relative min-h-40 flex-1 md:min-h-0">
          {answer.data ? (
            <Answer
              table={answer.data}
              part={part}
              shape={shape}
              onShape={(next) => void setShape(next)}
              viewing={viewing}
              colourOf={colourOf}
            />
          ) : answer.isFetching ? (
            <Skeleton className="m-4 h-40" />
          ) : answer.error && !place ? (
            <Failure error={answer.error} />
          ) : null}
        </div>
      </div>
      {view.node && (
        <NodePanel
          key={view.node}
          id={view.node}
          viewing={viewing}
          colourOf={colourOf}
          known={part.nodes.get(view.node)}
        />
      )}
      {edge && (
        <EdgePanel
          edge={edge}
          part={part}
          colourOf={colourOf}
          onNode={(node) => change({ node, edge: null })}
          onEdge={(next) => change({ edge: next, node: null })}
        />
      )}
    </div>
  );
}
