"use client";

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { graphStatsOptions, sourcesListOptions, type Asserter } from "@/lib/api/client";
import { shortId } from "../lib/names";

/** The counts of the whole graph. */
export function useStats() {
  return useQuery({ ...graphStatsOptions(), staleTime: 30_000 });
}

/** Sources by their id, for their names. */
export function useSources() {
  const sources = useQuery({ ...sourcesListOptions({ query: { limit: 200 } }), staleTime: 60_000 });
  return useMemo(() => {
    const items = sources.data?.items ?? [];
    const names = new Map(items.map(({ id, name }) => [id, name]));
    return { items, nameOf: (id: string) => names.get(id) ?? shortId(id) };
  }, [sources.data]);
}

/** Who says something, in words. */
export function useAsserters() {
  const { nameOf } = useSources();
  return ({ kind, id }: Asserter) => {
    if (kind === "source") return nameOf(id);
    return kind === "run" ? "an agent" : "a person";
  };
}
