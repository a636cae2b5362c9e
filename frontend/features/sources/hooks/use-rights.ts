"use client";

import { useMe } from "@/features/session";

/** Whether this person may change sources, and why not. */
export function useRights() {
  const { role } = useMe();
  const mayWrite = role !== "viewer";
  return { mayWrite, why: mayWrite ? undefined : "Viewers look only; ask an admin for more." };
}
