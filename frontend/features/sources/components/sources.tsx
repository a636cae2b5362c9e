"use client";

import { parseAsString, useQueryStates } from "nuqs";
import { useSourcesLive } from "../hooks/use-sources-live";
import { NewSource } from "./new-source";
import { SourceList } from "./source-list";
import { SourcePage } from "./source-page";

/** Everything about sources: the list, a new one, or one of them, as the address says. */
export function Sources() {
  useSourcesLive();
  const [{ source, new: kind }] = useQueryStates({ source: parseAsString, new: parseAsString });
  if (source) return <SourcePage key={source} id={source} />;
  if (kind) return <NewSource kind={kind} />;
  return <SourceList />;
}
