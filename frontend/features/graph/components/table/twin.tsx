"use client";

import { Tabs } from "radix-ui";
import { useState } from "react";
import type { ColourOf } from "../../hooks/use-palette";
import { counted } from "../../lib/names";
import type { Selected } from "../../lib/stage";
import type { Part } from "../../lib/subgraph";
import { EdgesTable } from "./edges-table";
import { NodesTable } from "./nodes-table";

export interface TwinProps {
  part: Part;
  selected: Selected;
  colourOf: ColourOf;
  onNode: (id: string) => void;
  onEdge: (id: string) => void;
  onOpen?: (id: string) => void;
  onRemove?: (id: string) => void;
}

const tab =
  "-mb-px border-b-2 border-transparent px-3 py-2 font-medium text-muted hover:text-text data-[state=active]:border-accent data-[state=active]:text-text";

/** The same as the canvas, as tables: for keyboards, screen readers, sorting and reading. */
export function Twin(props: TwinProps) {
  const [what, setWhat] = useState("nodes");
  const { nodes, edges } = props.part;
  return (
    <Tabs.Root
      value={what}
      onValueChange={setWhat}
      className="flex h-full min-h-0 flex-col bg-surface"
    >
      <Tabs.List aria-label="What the canvas shows" className="flex gap-1 border-b px-2">
        <Tabs.Trigger value="nodes" className={tab}>
          Nodes <span className="text-muted">{counted(nodes.size)}</span>
        </Tabs.Trigger>
        <Tabs.Trigger value="edges" className={tab}>
          Edges <span className="text-muted">{counted(edges.size)}</span>
        </Tabs.Trigger>
      </Tabs.List>
      <Tabs.Content value="nodes" className="min-h-0 flex-1">
        <NodesTable {...props} />
      </Tabs.Content>
      <Tabs.Content value="edges" className="min-h-0 flex-1">
        <EdgesTable {...props} />
      </Tabs.Content>
    </Tabs.Root>
  );
}
