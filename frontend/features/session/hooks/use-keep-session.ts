"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { authMe, authMeQueryKey, authRefresh, type MeView } from "@/lib/api/client";

/** How long before its end a session is prolonged. */
const EARLY_MS = 60 * 60 * 1000;

/** Prolongs the session while a page is open. Of several tabs one does it: a token that is shown twice ends the session. */
export function useKeepSession({ credential, expires_at }: MeView) {
  const queries = useQueryClient();
  useEffect(() => {
    if (credential !== "cookie" || !expires_at) return;
    const soon = new Date(expires_at).getTime() - EARLY_MS - Date.now();
    // Whether it worked or not, who asks for themselves next finds out.
    const look = () => queries.invalidateQueries({ queryKey: authMeQueryKey() });
    const timer = setTimeout(() => void prolong().then(look, look), Math.max(soon, 0));
    return () => clearTimeout(timer);
  }, [credential, expires_at, queries]);
}

async function prolong() {
  await navigator.locks.request("agentcy.session", async () => {
    // Another tab may have done it meanwhile.
    const { data } = await authMe();
    const left = new Date(data.expires_at ?? 0).getTime() - Date.now();
    if (left < EARLY_MS) await authRefresh();
  });
}
