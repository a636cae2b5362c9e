"use client";

import { useQuery } from "@tanstack/react-query";
import { sourcesCatalogOptions } from "@/lib/api/client";

/** The kinds of sources there are. They change with the server only. */
export function useCatalog() {
  return useQuery({ ...sourcesCatalogOptions(), staleTime: Infinity });
}

/** One kind of source, once the catalog is there. */
export function useKind(sourceType: string | undefined) {
  return useCatalog().data?.items.find((kind) => kind.source_type === sourceType);
}
