"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { authMeQueryKey, usersRemoveMutation, usersUpdateMutation } from "@/lib/api/client";

/** Changing and removing a member; faults are shown where it was asked. */
export function useMember(onDone: () => void) {
  const queries = useQueryClient();
  const settled = {
    meta: { quiet: true },
    onSuccess: () => {
      onDone();
      void queries.invalidateQueries({ queryKey: [{ _id: "usersList" }] });
      // It may have been oneself.
      void queries.invalidateQueries({ queryKey: authMeQueryKey() });
    },
  };
  return {
    update: useMutation({ ...usersUpdateMutation(), ...settled }),
    remove: useMutation({ ...usersRemoveMutation(), ...settled }),
  };
}
