"use client";

import { createColumnHelper } from "@tanstack/react-table";
import { EyeOff, Waypoints } from "lucide-react";
import { useMemo } from "react";
import type { Node } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Moment } from "@/ui/moment";
import { kindOf, nameOf } from "../../lib/names";
import { degrees } from "../../lib/subgraph";
import { Dot } from "../canvas/legend";
import { DataTable, type Columns, type features } from "./data-table";
import type { TwinProps } from "./twin";

interface Row {
  node: Node;
  degree: number;
}

const helper = createColumnHelper<typeof features, Row>();

/** The nodes of the canvas. */
export function NodesTable({ part, selected, colourOf, onNode, onOpen, onRemove }: TwinProps) {
  const rows = useMemo(() => {
    const degree = degrees(part);
    return [...part.nodes.values()].map((node): Row => ({
      node,
      degree: degree.get(node.id) ?? 0,
    }));
  }, [part]);
  const columns = useMemo(
    () =>
      helper.columns([
        helper.accessor(({ node }) => nameOf(node), {
          id: "name",
          header: "Name",
          sortFn: "alphanumeric",
          cell: ({ row: { original }, getValue }) => (
            <button
              type="button"
              onClick={() => onNode(original.node.id)}
              className="min-h-6 max-w-full truncate rounded text-left font-medium hover:underline"
            >
              {getValue()}
            </button>
          ),
        }),
        helper.accessor(({ node }) => kindOf(node), {
          id: "label",
          header: "Label",
          sortFn: "text",
          cell: ({ row: { original }, getValue }) => (
            <span className="flex items-center gap-2" title={original.node.labels.join(", ")}>
              <Dot colour={colourOf(getValue())} /> {original.node.labels.join(", ")}
            </span>
          ),
        }),
        helper.accessor("degree", { header: "Edges shown", sortFn: "basic" }),
        helper.accessor(({ node }) => node.realm, { id: "realm", header: "Realm", sortFn: "text" }),
        helper.accessor(({ node }) => Date.parse(node.valid_from), {
          id: "since",
          header: "Since",
          sortFn: "basic",
          cell: ({ row: { original } }) => <Moment at={original.node.valid_from} />,
        }),
        helper.display({
          id: "actions",
          header: () => <span className="sr-only">Actions</span>,
          cell: ({ row: { original } }) => (
            <Actions
              node={original.node}
              {...(onOpen && { onOpen })}
              {...(onRemove && { onRemove })}
            />
          ),
        }),
      ]) as Columns<Row>,
    [colourOf, onNode, onOpen, onRemove],
  );
  return (
    <DataTable
      label="Nodes on the canvas"
      rows={rows}
      columns={columns}
      keyOf={({ node }) => node.id}
      selected={selected.node}
    />
  );
}

type ActionsProps = { node: Node } & Pick<TwinProps, "onOpen" | "onRemove">;

function Actions({ node, onOpen, onRemove }: ActionsProps) {
  const name = nameOf(node);
  return (
    <span className="flex justify-end gap-1">
      {onOpen && (
        <Button
          kind="quiet"
          size="icon-sm"
          aria-label={`Expand ${name}`}
          title="Expand"
          onClick={() => onOpen(node.id)}
        >
          <Waypoints />
        </Button>
      )}
      {onRemove && (
        <Button
          kind="quiet"
          size="icon-sm"
          aria-label={`Take ${name} off the canvas`}
          title="Take off the canvas"
          onClick={() => onRemove(node.id)}
        >
          <EyeOff />
        </Button>
      )}
    </span>
  );
}
