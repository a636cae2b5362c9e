"use client";

import { useQuery } from "@tanstack/react-query";
import { agentsListOptions, usersListOptions } from "@/lib/api/client";

const MOST = 200;

/** The names of agents or people, by id; whoever is not among them is called by id. */
export function useNames(of: string): ReadonlyMap<string, string> {
  const query = { limit: MOST };
  const agents = useQuery({ ...agentsListOptions({ query }), enabled: of === "agent" });
  const users = useQuery({ ...usersListOptions({ query }), enabled: of === "user" });
  if (of === "agent") return new Map(agents.data?.items.map(({ id, name }) => [id, name]));
  return new Map(users.data?.items.map(({ id, name, email }) => [id, name || email]));
}
