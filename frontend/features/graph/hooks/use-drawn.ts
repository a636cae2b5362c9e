"use client";

import {
  keepPreviousData,
  useQuery,
  useQueryClient,
  type QueryClient,
} from "@tanstack/react-query";
import { useMemo, useState } from "react";
import {
  graphExpand,
  graphNodesSearchOptions,
  type ExpandBody,
  type GraphNodesSearchData,
  type Subgraph,
} from "@/lib/api/client";
import { drawn, writeStep, type Step, type View } from "../lib/address";
import { merged, NO_PART, type Part } from "../lib/subgraph";

/** How much of what is found is drawn. */
const FOUND_LIMIT = 100;
/** How long a part is good for the next step on the same page. */
const PART_MS = 60_000;

export type Search = NonNullable<GraphNodesSearchData["query"]>;

/** What the address asks for, as the server is asked. */
export function searchOf(view: View, asOf: string | null): Search {
  const { q, label, realm, source, property } = view;
  return {
    ...(q.trim() && { q: q.trim() }),
    ...(label.length > 0 && { label: [...label] }),
    ...(realm.length > 0 && { realm: [...realm] }),
    ...(source && { source }),
    ...(property.length > 0 && { property: [...property] }),
    ...(asOf && { as_of: asOf }),
  };
}

export interface Drawn {
  part: Part;
  /** The steps that brought less than there is. */
  cut: readonly Step[];
  /** How many were found, if more than are drawn. */
  foundTotal: number | null;
  failed: readonly { step: Step; error: unknown }[];
}

const EMPTY: Drawn = { part: NO_PART, cut: [], foundTotal: null, failed: [] };

/** What stands on the canvas: all that was opened, at the time that is looked at. */
export function useDrawn(view: View, asOf: string | null) {
  const client = useQueryClient();
  const [since] = useState(() => Date.now());
  const { nodes: steps, found } = drawn(view);
  const search = found ? searchOf(view, asOf) : null;
  const query = useQuery({
    queryKey: ["graphDrawn", { steps: steps.map(writeStep), search, asOf }],
    // What was read before one came to the page is read anew with the drawing.
    queryFn: ({ signal }) => {
      const freshMs = Math.min(PART_MS, Date.now() - since + 1);
      return read({ client, freshMs }, steps, search, asOf, signal);
    },
    placeholderData: keepPreviousData,
    enabled: steps.length > 0 || found,
  });
  const isEmpty = steps.length === 0 && !found;
  const data = isEmpty ? EMPTY : (query.data ?? EMPTY);
  const part = useMemo(
    () =>
      merged(
        [{ nodes: [...data.part.nodes.values()], edges: [...data.part.edges.values()] }],
        view.without,
      ),
    [data.part, view.without],
  );
  return { ...query, isEmpty, drawn: { ...data, part } };
}

/** Where the parts are kept, and how old one may be. */
interface Parts {
  client: QueryClient;
  freshMs: number;
}

async function read(
  parts: Parts,
  steps: readonly Step[],
  search: Search | null,
  asOf: string | null,
  signal: AbortSignal,
): Promise<Drawn> {
  const first = search && (await found(parts, search, asOf));
  const settled = await Promise.allSettled(
    steps.map((step) => expanded(parts, bodyOf(step, asOf))),
  );
  signal.throwIfAborted();
  const answers: Subgraph[] = first ? [first.answer] : [];
  const result = { cut: [] as Step[], failed: [] as { step: Step; error: unknown }[] };
  steps.forEach((step, at) => {
    const outcome = settled[at];
    if (outcome?.status === "fulfilled") {
      answers.push(outcome.value);
      if (outcome.value.truncated) result.cut.push(step);
    } else {
      result.failed.push({ step, error: outcome?.reason });
    }
  });
  const fault = settled.find((outcome) => outcome.status === "rejected");
  if (answers.length === 0 && fault) throw fault.reason;
  return { part: merged(answers), foundTotal: first?.total ?? null, ...result };
}

function bodyOf({ id, depth, direction, limit, types }: Step, asOf: string | null): ExpandBody {
  return {
    node_ids: [id],
    depth,
    direction,
    limit,
    types: [...types],
    ...(asOf && { as_of: asOf }),
  };
}

function expanded({ client, freshMs }: Parts, body: ExpandBody): Promise<Subgraph> {
  return client.fetchQuery({
    queryKey: ["graphExpand", body],
    queryFn: async ({ signal }) => (await graphExpand({ body, signal, throwOnError: true })).data,
    staleTime: freshMs,
    // What is made of it is tried again, not its parts.
    retry: false,
  });
}

async function found(parts: Parts, search: Search, asOf: string | null) {
  const page = await parts.client.fetchQuery({
    ...graphNodesSearchOptions({ query: { ...search, limit: FOUND_LIMIT } }),
    retry: false,
  });
  const ids = page.items.map(({ id }) => id);
  const total = page.total > ids.length ? page.total : null;
  const nothing: Subgraph = { nodes: page.items, edges: [], truncated: false, took_ms: 0 };
  if (ids.length < 2) return { answer: nothing, total };
  // With no room for more nodes than it starts from, the answer is the edges between them.
  const between = await expanded(parts, {
    node_ids: ids,
    limit: ids.length,
    ...(asOf && { as_of: asOf }),
  });
  return { answer: { ...nothing, edges: between.edges }, total };
}
