"use client";

import { useMutation } from "@tanstack/react-query";
import { toast } from "@/ui/toast";
import { ApiError, sourcesValidateStored } from "@/lib/api/client";
import { traceOf, worded } from "@/ui/fault";
import { refusalOf } from "../lib/refusal";

/** Tries a source as it is kept, and says what came of it. */
export function useTest(sourceId: string) {
  const test = useMutation({
    mutationFn: () => {
      const tried = sourcesValidateStored({ path: { source_id: sourceId } });
      toast.promise(tried, {
        loading: "Trying the source…",
        success: "It works: the source answered.",
        error: inWords,
      });
      return tried;
    },
    meta: { quiet: true },
  });
  return () => test.mutate();
}

function inWords(error: unknown) {
  if (!(error instanceof ApiError)) return { message: worded(error) };
  const { title, reason, next } = refusalOf(error);
  const fields = [...error.fields].map(([path, message]) => `${path}: ${message}`);
  const said = [reason, ...fields, next, traceOf(error)];
  return { message: title, description: said.filter(Boolean).join(" ") };
}
