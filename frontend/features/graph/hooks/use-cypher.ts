"use client";

import { useQuery } from "@tanstack/react-query";
import { parseAsString, useQueryState } from "nuqs";
import { useState } from "react";
import { useMe, useOwn } from "@/features/session";
import { ApiError, graphCypher, type CypherBody } from "@/lib/api/client";
import { load, noted, save } from "../lib/query-log";

const FIRST = "MATCH (a)-[r]->(b)\nRETURN a, r, b\nLIMIT 50";

/** The query in the editor. It stands in the address, so that it can be sent to somebody. */
export function useCypherQuery() {
  return useQueryState(
    "query",
    parseAsString.withDefault(FIRST).withOptions({ history: "replace", throttleMs: 300 }),
  );
}

/** Why this caller, or this org, may not ask in Cypher; null when they may. */
export function useCypherReason(): string | null {
  const { realms } = useMe();
  const seesAll = realms.includes("*");
  const probe = useQuery({
    queryKey: ["cypherProbe"],
    queryFn: async ({ signal }) =>
      (await graphCypher({ body: { query: "RETURN 1 AS one" }, signal, throwOnError: true })).data,
    staleTime: 300_000,
    retry: false,
    enabled: seesAll,
  });
  if (!seesAll) return "Cypher reads the whole graph, and you see only some of its realms.";
  if (!(probe.error instanceof ApiError)) return null;
  const { status, code, message } = probe.error;
  return status === 403 || code === "cypher_needs_own_database" ? message : null;
}

interface Run {
  body: CypherBody;
  /** The same query can be asked again, also after the page was left: an older answer is no answer to it. */
  id: string;
}

/** Asks, and remembers what was asked. */
export function useCypherRun() {
  const own = useOwn();
  const [run, setRun] = useState<Run | null>(null);
  const [asked, setAsked] = useState(() => load(own));
  const answer = useQuery({
    queryKey: ["graphCypher", run],
    queryFn: async ({ signal }) => {
      const body = run?.body ?? { query: "" };
      return (await graphCypher({ body, signal, throwOnError: true })).data;
    },
    enabled: run !== null,
    retry: false,
    staleTime: Infinity,
    gcTime: 60_000,
  });

  function ask(query: string, params: string, limit: number) {
    const values = (params.trim() ? JSON.parse(params) : {}) as Record<string, unknown>;
    setRun({ body: { query, params: values, limit }, id: crypto.randomUUID() });
    const list = noted(asked, { query, params, at: new Date().toISOString() });
    setAsked(list);
    save(list, own);
  }

  return { run, answer, ask, asked };
}
