"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { CircleUser, KeyRound, ServerCog } from "lucide-react";
import { covers, useMe } from "@/features/session";
import {
  apiKeysListOptions,
  settingsFeaturesReadOptions,
  usersListOptions,
  workersListOptions,
} from "@/lib/api/client";
import type { Entry } from "../lib/entry";
import { places } from "../lib/places";

export const FRESH_MS = 30_000;
/** As many as a list gives at once; among them is looked here. */
export const ALL = { query: { limit: 200 } };
export const FEW = 6;

/** Who and what works with the org: its members and keys, for who may see them, and its workers. */
export function usePeopleEntries(q: string) {
  const isAdmin = covers(useMe().role, "admin");
  const lists = { staleTime: FRESH_MS };
  const members = useQuery({
    ...usersListOptions({ query: { q, limit: FEW } }),
    ...lists,
    enabled: isAdmin && q !== "",
    placeholderData: keepPreviousData,
  });
  const keys = useQuery({ ...apiKeysListOptions(ALL), ...lists, enabled: isAdmin });
  const features = useQuery({ ...settingsFeaturesReadOptions(), ...lists });
  const hasWorkers = features.data?.workers === true;
  const workers = useQuery({ ...workersListOptions(ALL), ...lists, enabled: hasWorkers });

  const entries = [
    ...(q === "" ? [] : (members.data?.items ?? [])).map(({ id, name, email, role }): Entry => {
      return {
        id,
        group: "Members",
        kind: "go",
        title: name || email,
        detail: name ? `${email} · ${role}` : role,
        isFound: true,
        icon: CircleUser,
        href: places.member(email),
      };
    }),
    ...(keys.data?.items ?? []).map(({ id, name, role }): Entry => {
      const href = places.keys;
      return { id, group: "API keys", kind: "go", title: name, detail: role, icon: KeyRound, href };
    }),
    ...(workers.data?.items ?? []).map(({ id, name, is_online }): Entry => {
      const detail = is_online ? "" : "not heard of";
      const href = places.workers;
      return { id, group: "Workers", kind: "go", title: name, detail, icon: ServerCog, href };
    }),
  ];
  return { entries, members, lists: [keys, features, workers] };
}
