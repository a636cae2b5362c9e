"use client";

import { useMutation } from "@tanstack/react-query";
import { ApiError, authLogoutMutation } from "@/lib/api/client";
import { leaveFor } from "@/lib/address";
import { forget } from "@/lib/own";
import { useMe } from "../components/require-session";

/** Ends the session, and leaves nothing of it in this browser. */
export function useSignOut(): () => void {
  const me = useMe();
  const leave = () => {
    forget(me);
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
