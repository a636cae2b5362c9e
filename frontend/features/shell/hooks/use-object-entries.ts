"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Bot, CircleCheckBig, CircleDot, Database, ListTodo, MessagesSquare } from "lucide-react";
import {
  agentsListOptions,
  approvalsInboxOptions,
  conversationsListOptions,
  graphNodesSearchOptions,
  sourcesListOptions,
  tasksListOptions,
  type Source,
  type Task,
} from "@/lib/api/client";
import type { Entry } from "../lib/entry";
import { nodeTitle, places } from "../lib/places";
import { useDebounced } from "@/lib/use-debounced";
import { ALL, FEW, FRESH_MS, usePeopleEntries } from "./use-people-entries";

const STILL_MS = 150;

export interface Objects {
  entries: Entry[];
  sources: readonly Source[];
  tasks: readonly Task[];
  isBusy: boolean;
  /** What could not be read. */
  error: unknown;
}

/** The things of the org that could be meant: the few kinds are all read once, the many are searched for. */
export function useObjectEntries(typed: string): Objects {
  const q = useDebounced(typed.trim(), STILL_MS);
  const lists = { staleTime: FRESH_MS };
  const search = { staleTime: FRESH_MS, enabled: q !== "", placeholderData: keepPreviousData };
  const sources = useQuery({ ...sourcesListOptions(ALL), ...lists });
  const agents = useQuery({ ...agentsListOptions(ALL), ...lists });
  const tasks = useQuery({ ...tasksListOptions(ALL), ...lists });
  const approvals = useQuery({ ...approvalsInboxOptions({ query: { limit: 20 } }), ...lists });
  const talks = useQuery({ ...conversationsListOptions({ query: { q, limit: FEW } }), ...search });
  const nodes = useQuery({ ...graphNodesSearchOptions({ query: { q, limit: FEW } }), ...search });
  const people = usePeopleEntries(q);
  const found = typed.trim() === "" ? [] : [talks, nodes, people.members];

  return {
    sources: sources.data?.items ?? [],
    tasks: tasks.data?.items ?? [],
    isBusy: found.some(({ isFetching }) => isFetching) || q !== typed.trim(),
    error: [sources, agents, tasks, approvals, ...people.lists, ...found].find(({ error }) => error)
      ?.error,
    entries: [
      ...(sources.data?.items ?? []).map(({ id, name, source_type, realm }): Entry => {
        const detail = `${source_type} · ${realm}`;
        const href = places.source(id);
        return { id, group: "Sources", kind: "go", title: name, detail, icon: Database, href };
      }),
      ...(agents.data?.items ?? []).map(({ id, name, realm }): Entry => {
        const detail = realm ?? "";
        const href = places.agent(id);
        return { id, group: "Agents", kind: "go", title: name, detail, icon: Bot, href };
      }),
      ...(tasks.data?.items ?? []).map(({ id, name, enabled }): Entry => {
        const detail = enabled ? "" : "switched off";
        const href = places.task(id);
        return { id, group: "Tasks", kind: "go", title: name, detail, icon: ListTodo, href };
      }),
      ...(approvals.data?.items ?? []).map(({ id, tool, reason, effect }): Entry => {
        return {
          id,
          group: "Approvals",
          kind: "go",
          title: tool,
          detail: reason || effect,
          words: "approve deny waiting",
          icon: CircleCheckBig,
          href: places.approval(id),
        };
      }),
      ...(q === "" ? [] : (talks.data?.items ?? [])).map(({ id, title }): Entry => {
        return {
          id,
          group: "Conversations",
          kind: "go",
          title: title || "Untitled conversation",
          isFound: true,
          icon: MessagesSquare,
          href: places.conversation(id),
        };
      }),
      ...(q === "" ? [] : (nodes.data?.items ?? [])).map((node): Entry => {
        return {
          id: node.id,
          group: "Nodes",
          kind: "go",
          title: nodeTitle(node),
          detail: [...node.labels, node.realm].join(" · "),
          isFound: true,
          icon: CircleDot,
          href: places.node(node.id),
        };
      }),
      ...people.entries,
    ],
  };
}
