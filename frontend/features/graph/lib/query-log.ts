// The queries that were asked, kept in this browser. They are no secrets: what they gave is not kept.
import type { Store } from "@/lib/own";

export interface Asked {
  query: string;
  params: string;
  at: string;
}

const KEY = "cypher";
const MOST = 50;
/** Longer ones are not worth the room. */
const LONGEST = 10_000;

/** The list with one more, the newest first, each query once. */
export function noted(list: readonly Asked[], asked: Asked): Asked[] {
  if (asked.query.length + asked.params.length > LONGEST) return [...list];
  const others = list.filter(
    ({ query, params }) => query !== asked.query || params !== asked.params,
  );
  return [asked, ...others].slice(0, MOST);
}

/** What was kept, as far as it makes sense. */
export function parsed(text: string | null): Asked[] {
  try {
    const list: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(list) ? list.filter(isAsked) : [];
  } catch {
    return [];
  }
}

function isAsked(it: unknown): it is Asked {
  if (typeof it !== "object" || it === null) return false;
  const { query, params, at } = it as Record<string, unknown>;
  return [query, params, at].every((part) => typeof part === "string");
}

export function load(store: Store): Asked[] {
  return parsed(store.getItem(KEY));
}

export function save(list: readonly Asked[], store: Store) {
  try {
    store.setItem(KEY, JSON.stringify(list));
  } catch {
    // No room: the query ran all the same.
  }
}
