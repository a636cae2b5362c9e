"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ApiError, authMe, authMeQueryKey, authRefresh, type MeView } from "@/lib/api/client";
import { Keeper } from "../lib/prolong";

/** Prolongs the session while a page is open. Of several tabs one does it: a token that is shown twice ends the session. */
export function useKeepSession({ credential, expires_at }: MeView) {
  const queries = useQueryClient();
  const [keeper] = useState(() => new Keeper());
  useEffect(() => {
    if (credential !== "cookie" || !expires_at) return;
    const ends = new Date(expires_at).getTime();
    return keeper.keep(ends, async () => {
      const goesOn = await prolong(ends).catch(isPassing);
      // Whether it worked or not, who asks for themselves finds out, and a newer end begins this anew.
      await queries.invalidateQueries({ queryKey: authMeQueryKey() });
      return goesOn;
    });
  }, [credential, expires_at, keeper, queries]);
}

/** Trades the token for a newer one. False once that is no use: the session itself ends with this token. */
async function prolong(ends: number): Promise<boolean> {
  return navigator.locks.request("agentcy.session", async () => {
    // Another tab may have done it meanwhile.
    const { data } = await authMe();
    if (data.expires_at && new Date(data.expires_at).getTime() > ends) return true;
    const { data: session } = await authRefresh();
    return new Date(session.expires_at).getTime() > ends;
  });
}

/** Whether another try may go better than one that failed. */
function isPassing(error: unknown): boolean {
  return !(error instanceof ApiError && error.status === 401);
}
