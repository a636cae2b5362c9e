"use client";

import { useQuery } from "@tanstack/react-query";
import { realmsAvailableOptions } from "@/lib/api/client";

/** The realms that this person may use, once they are known. */
export function useRealms(): readonly string[] | undefined {
  const { data } = useQuery({ ...realmsAvailableOptions(), staleTime: 60_000 });
  return data?.items.map(({ slug }) => slug);
}
