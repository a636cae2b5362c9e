"use client";

import { useMutation } from "@tanstack/react-query";
import { ApiError, authLogoutMutation } from "@/lib/api/client";
import { leaveFor } from "@/lib/address";

/** What pages keep in this browser for the person who is signed in. */
const OURS = "agentcy.";

function forget() {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(OURS));
  keys.forEach((key) => localStorage.removeItem(key));
}

/** Ends the session, and leaves nothing of it in this browser. */
export function useSignOut(): () => void {
  const leave = () => {
    forget();
    leaveFor("/login/");
  };
  const logout = useMutation({
    ...authLogoutMutation(),
    onSuccess: leave,
    onError: (error) => {
      if (error instanceof ApiError && error.status === 401) leave();
    },
  });
  return () => logout.mutate({});
}
