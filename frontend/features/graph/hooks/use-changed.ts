"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLive } from "@/lib/live";

const GRAPH = /^graph/;

/** Whether the graph has changed since it was read, and how to read it again. Nothing moves by itself. */
export function useChanged() {
  const client = useQueryClient();
  const [isChanged, setChanged] = useState(false);
  const note = () => setChanged(true);
  useLive("graph", { onEvent: note, onReset: note });

  async function show() {
    setChanged(false);
    const isGraphs = ({ queryKey: [key] }: { queryKey: readonly unknown[] }) =>
      GRAPH.test(
        typeof key === "string" ? key : String((key as { _id?: unknown } | undefined)?._id),
      );
    // First the parts, then what is made of them.
    await client.invalidateQueries({ predicate: isGraphs, refetchType: "none" });
    await client.refetchQueries({ predicate: isGraphs, type: "active" });
  }

  return { isChanged, show };
}
