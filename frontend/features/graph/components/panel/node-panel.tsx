"use client";

import { useQuery } from "@tanstack/react-query";
import { Clock, MessagesSquare } from "lucide-react";
import Link from "next/link";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { ApiError, graphNodesReadOptions, type Node } from "@/lib/api/client";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Empty, Failure, SkeletonRows } from "@/ui/states";
import { Tabs } from "@/ui/tabs";
import type { ColourOf } from "../../hooks/use-palette";
import type { Viewing } from "../../hooks/use-view";
import { open } from "../../lib/address";
import { kindOf, nameOf, shortId } from "../../lib/names";
import { Dot } from "../canvas/legend";
import { ExpandButton } from "./expand-button";
import { NodeDetails } from "./node-details";
import { NodeHistory } from "./node-history";
import { Neighbours } from "./neighbours";
import { Panel } from "./panel";

interface Props {
  id: string;
  viewing: Viewing;
  colourOf: ColourOf;
  /** As far as it is known from the picture, until all of it is read. */
  known: Node | undefined;
}

const ABOUT = ["details", "neighbours", "history"] as const;

/** All about one node: what it is, what hangs on it, and what happened to it. */
export function NodePanel({ id, viewing, colourOf, known }: Props) {
  const { asOf, change, view } = viewing;
  const query = { ...(asOf && { as_of: asOf }) };
  const read = useQuery({
    ...graphNodesReadOptions({ path: { node_id: id }, query }),
    retry: false,
  });
  const [about, setAbout] = useQueryState(
    "about",
    parseAsStringLiteral(ABOUT).withDefault("details"),
  );
  const node = read.data ?? known;
  const close = () => change({ node: null });

  if (!node) {
    return (
      <Panel label="Node" head={<Title name={shortId(id)} />} onClose={close}>
        {read.isPending ? (
          <SkeletonRows />
        ) : isNotThere(read.error) && asOf ? (
          <Empty
            icon={Clock}
            title="It was not there then"
            action={<Button onClick={() => change({ asOf: null })}>Look at it now</Button>}
          />
        ) : (
          <Failure error={read.error} retry={() => void read.refetch()} />
        )}
      </Panel>
    );
  }

  const name = nameOf(node);
  return (
    <Panel
      label={`Node ${name}`}
      onClose={close}
      head={
        <Title name={name} mark={<Dot colour={colourOf(kindOf(node))} />}>
          {node.labels.map((label) => (
            <Badge key={label}>{label}</Badge>
          ))}
          {node.archived_at && <Badge tone="warn">archived</Badge>}
        </Title>
      }
    >
      <div className="flex flex-wrap gap-2 px-4 py-3">
        <ExpandButton onExpand={(options) => change(open(view, { id, ...options }))} />
        <Button size="sm" asChild>
          <Link href={`/chat/?draft=${encodeURIComponent(question(node))}`}>
            <MessagesSquare /> Ask in chat
          </Link>
        </Button>
      </div>
      <Tabs
        label="About the node"
        value={about}
        onChange={(value) => void setAbout(value as (typeof ABOUT)[number])}
        tabs={[
          { value: "details", label: "Details", content: <NodeDetails node={node} /> },
          {
            value: "neighbours",
            label: "Neighbours",
            content: (
              <Neighbours
                key={id}
                id={id}
                asOf={asOf}
                colourOf={colourOf}
                onOpen={(to) => change(open(view, { id: to }))}
                onNow={() => change({ asOf: null })}
              />
            ),
          },
          {
            value: "history",
            label: "History",
            content: <NodeHistory id={id} onLook={(time) => change({ asOf: time })} />,
          },
        ]}
      />
    </Panel>
  );
}

function isNotThere(error: unknown): boolean {
  return error instanceof ApiError && error.code === "not_found";
}

function question(node: Node): string {
  return `What do we know about the ${kindOf(node)} “${nameOf(node)}” (${node.id})?`;
}

interface TitleProps {
  name: string;
  mark?: React.ReactNode;
  children?: React.ReactNode;
}

/** What is looked at, at the head of a panel. */
export function Title({ name, mark, children }: TitleProps) {
  return (
    <>
      <h2 className="flex items-center gap-2 font-semibold">
        {mark}
        <span className="line-clamp-2 break-words" title={name}>
          {name}
        </span>
      </h2>
      {children && <div className="mt-1.5 flex flex-wrap gap-1">{children}</div>}
    </>
  );
}
