"use client";

import Link from "next/link";
import type { Node } from "@/lib/api/client";
import { Moment } from "@/ui/moment";
import { useSources } from "../../hooks/use-words";
import { counted } from "../../lib/names";
import { Facts, Id, Properties } from "./facts";

/** What a node is, who says so, and since when. */
export function NodeDetails({ node }: { node: Node }) {
  const facts: [string, React.ReactNode][] = [
    ["Realm", node.realm],
    ["Sources", <Sources key="sources" of={node.sources} />],
    ["Holds since", <Moment key="since" at={node.valid_from} />],
  ];
  if (node.valid_to) facts.push(["Held until", <Moment key="until" at={node.valid_to} />]);
  if (node.archived_at) facts.push(["Archived", <Moment key="archived" at={node.archived_at} />]);
  facts.push(["Learned", <Moment key="learned" at={node.recorded_at} />]);
  if (node.degree != null) facts.push(["Edges", counted(node.degree)]);
  facts.push(["Id", <Id key="id" id={node.id} />]);
  return (
    <div className="-mt-4">
      <Facts facts={facts} />
      <Properties properties={node.properties} provenance={node.provenance} />
    </div>
  );
}

function Sources({ of }: { of: Node["sources"] }) {
  const { nameOf } = useSources();
  if (of.length === 0) return <span className="text-muted">none any more</span>;
  return (
    <ul>
      {of.map(({ source_id, external_id }) => (
        <li key={`${source_id} ${external_id}`} className="truncate">
          <Link href={`/sources/?source=${source_id}`} className="text-accent hover:underline">
            {nameOf(source_id)}
          </Link>{" "}
          <span className="text-xs text-muted" title={`It calls it ${external_id}`}>
            {external_id}
          </span>
        </li>
      ))}
    </ul>
  );
}
