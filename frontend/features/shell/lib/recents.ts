// What was opened lately by the palette, kept in this browser until one signs out. Names and places, nothing secret.
import type { Store } from "@/lib/own";
import { GROUPS, type Group } from "./rank";

const KEPT = "recent";
const MOST = 8;

/** Somewhere to go to, as it was called then. */
export interface Recent {
  id: string;
  group: Exclude<Group, "Recent">;
  title: string;
  detail: string;
  href: string;
}

export function readRecents(store: Store): Recent[] {
  try {
    const kept: unknown = JSON.parse(store.getItem(KEPT) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isRecent) : [];
  } catch {
    return [];
  }
}

export function keepRecent(recent: Recent, store: Store) {
  store.setItem(KEPT, JSON.stringify(withRecent(readRecents(store), recent)));
}

/** The latest first, each once, and not too many. */
export function withRecent(before: readonly Recent[], recent: Recent): Recent[] {
  return [recent, ...before.filter(({ id }) => id !== recent.id)].slice(0, MOST);
}

function isRecent(value: unknown): value is Recent {
  if (typeof value !== "object" || value === null) return false;
  const { id, group, title, detail, href } = value as Record<string, unknown>;
  const texts = [id, group, title, detail, href];
  return (
    texts.every((text) => typeof text === "string") &&
    GROUPS.some((known) => known === group) &&
    String(href).startsWith("/")
  );
}
