"use client";

import { useMemo } from "react";
import { ownStore, type Store } from "@/lib/own";
import { useMe } from "../components/require-session";

/** What this browser keeps for the person who is signed in, and for nobody else. */
export function useOwn(): Store {
  const {
    principal,
    org: { id },
  } = useMe();
  return useMemo(() => ownStore({ principal, org: { id } }), [principal, id]);
}
