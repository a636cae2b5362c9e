"use client";

import { useQuery } from "@tanstack/react-query";
import { sourcesCatalogOptions, type Source } from "@/lib/api/client";

/** The kinds of sources there are. They change with the server only. */
export function useCatalog() {
  return useQuery({ ...sourcesCatalogOptions(), staleTime: Infinity });
}

/** The kind of a source, once the catalog is there. */
export function useKindOf() {
  const kinds = useCatalog().data?.items;
  return ({ source_type }: Pick<Source, "source_type">) =>
    kinds?.find((kind) => kind.source_type === source_type);
}
