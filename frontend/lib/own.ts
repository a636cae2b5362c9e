// What pages keep in this browser for whoever is signed in. Two people, and one person in two orgs, share nothing.
import type { MeView } from "@/lib/api/client";

/** As much of localStorage as is used. */
export type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

type Whose = Pick<MeView, "principal"> & { org: Pick<MeView["org"], "id"> };

const OURS = "agentcy.";
const OWNED = `${OURS}of.`;

/** What is one person's own in one org. */
export function ownStore({ principal, org }: Whose): Store {
  const keyOf = (name: string) => `${OWNED}${principal}.${org.id}.${name}`;
  return {
    getItem: (name) => localStorage.getItem(keyOf(name)),
    setItem: (name, value) => localStorage.setItem(keyOf(name), value),
    removeItem: (name) => localStorage.removeItem(keyOf(name)),
  };
}

/** Leaves nothing of a person in this browser. What others have in it stays for them. */
export function forget({ principal }: Pick<Whose, "principal">) {
  const isOthers = (key: string) =>
    key.startsWith(OWNED) && !key.startsWith(`${OWNED}${principal}.`);
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(OURS) && !isOthers(key));
  keys.forEach((key) => localStorage.removeItem(key));
}
