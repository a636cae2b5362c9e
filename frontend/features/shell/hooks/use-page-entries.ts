"use client";

import { CircleUser, SlidersHorizontal, SquareTerminal, UserPlus } from "lucide-react";
import { covers, useMe } from "@/features/session";
import type { Entry } from "../lib/entry";
import { usePages } from "./use-pages";

const ACCOUNT: Entry = {
  id: "page:/account/",
  group: "Pages",
  kind: "go",
  title: "Account",
  words: "profile password theme me",
  icon: CircleUser,
  href: "/account/",
};

/** Parts of pages that one looks for by their own name. */
const PARTS = [
  ["/graph/?view=cypher", "Cypher console", "graph query database", SquareTerminal],
] as const;
const ADMIN_PARTS = [
  ["/settings/?tab=model", "Settings: model", "llm provider key", SlidersHorizontal],
  ["/settings/?tab=security", "Settings: security", "approvals defaults", SlidersHorizontal],
  ["/settings/?tab=features", "Settings: features", "flags switches", SlidersHorizontal],
  ["/settings/?tab=organisation", "Settings: organisation", "name timezone", SlidersHorizontal],
  ["/users/?tab=invitations", "Invitations", "invites", UserPlus],
] as const;

/** Every page that this person has something to see on. */
export function usePageEntries(): Entry[] {
  const isAdmin = covers(useMe().role, "admin");
  const pages = usePages().flatMap((group) => group.pages);
  const parts = isAdmin ? [...PARTS, ...ADMIN_PARTS] : PARTS;
  return [
    ...pages.map(({ href, name, icon, words = "" }): Entry => {
      return { id: `page:${href}`, group: "Pages", kind: "go", title: name, words, icon, href };
    }),
    ACCOUNT,
    ...parts.map(([href, title, words, icon]): Entry => {
      return { id: `page:${href}`, group: "Pages", kind: "go", title, words, icon, href };
    }),
  ];
}
