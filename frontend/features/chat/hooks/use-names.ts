"use client";

import { useQuery } from "@tanstack/react-query";
import { agentsListOptions, sourcesListOptions } from "@/lib/api/client";

const ALL = { query: { limit: 200 } };

/** The agents that can be asked. */
export function useAgents() {
  return useQuery({ ...agentsListOptions(ALL), staleTime: 60_000 });
}

export function useSources() {
  return useQuery({ ...sourcesListOptions(ALL), staleTime: 60_000 });
}

/** What an agent is called; null is the plain assistant. */
export function useAgentName(id: string | null | undefined): string | null {
  const agents = useAgents();
  if (!id) return null;
  return agents.data?.items.find((agent) => agent.id === id)?.name ?? "an agent";
}

/** What a source is called, where it is one of ours. */
export function useSourceName(id: string | null): string | null {
  const sources = useSources();
  if (!id) return null;
  return sources.data?.items.find((source) => source.id === id)?.name ?? id;
}
