"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useLink } from "@/lib/live";

/** Once the server is back, what could not be read meanwhile is read again by itself. */
export function useRecovery() {
  const queries = useQueryClient();
  const { state } = useLink();
  const wasLost = useRef(false);
  useEffect(() => {
    if (state === "lost" || state === "refused") wasLost.current = true;
    if (state !== "live" || !wasLost.current) return;
    wasLost.current = false;
    void queries.invalidateQueries({ predicate: (query) => query.state.status === "error" });
  }, [state, queries]);
}
