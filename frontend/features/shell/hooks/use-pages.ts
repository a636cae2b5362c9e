"use client";

import { useMemo } from "react";
import { covers, useMe } from "@/features/session";
import { PAGE_GROUPS, type PageGroup } from "../lib/pages";

/** The pages that this person has something to see on, in their groups. */
export function usePages(): readonly PageGroup[] {
  const { role } = useMe();
  return useMemo(
    () =>
      PAGE_GROUPS.map(({ name, pages }) => ({
        name,
        pages: pages.filter(({ least = "viewer" }) => covers(role, least)),
      })).filter(({ pages }) => pages.length > 0),
    [role],
  );
}
