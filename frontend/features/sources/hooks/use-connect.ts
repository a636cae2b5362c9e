"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import {
  sourcesCreate,
  sourcesSync,
  sourcesUpload,
  type Source,
  type SourceCreate,
} from "@/lib/api/client";
import { tell } from "@/ui/tell";

interface Connecting {
  body: SourceCreate;
  /** What is uploaded before the first sync. */
  content: File | null;
  syncs: boolean;
}

/** Connects a source: makes it, uploads what it reads, and starts its first sync. */
export function useConnect(onDone: (source: Source) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ body, content, syncs }: Connecting) => {
      const { data: source } = await sourcesCreate({ body });
      // From here on the source is there: what fails is told, and mended on its own page.
      try {
        if (content) await sourcesUpload({ path: { source_id: source.id }, body: content });
        if (syncs) await sourcesSync({ path: { source_id: source.id } });
      } catch (error) {
        tell(error, "The source is kept: go on from its page.");
      }
      return source;
    },
    meta: { quiet: true },
    onSuccess: (source) => {
      void queries.invalidateQueries({ queryKey: [{ _id: "sourcesList" }] });
      onDone(source);
    },
  });
}
