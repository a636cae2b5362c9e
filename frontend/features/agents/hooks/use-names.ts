import { useQuery } from "@tanstack/react-query";
import { covers, useMe } from "@/features/session";
import { apiKeysListOptions, usersListOptions } from "@/lib/api/client";

/** What principals are called. Only admins see who there is; everybody knows themselves. */
export function useNames(): (principal: string) => string {
  const me = useMe();
  const query = { limit: 200 };
  const enabled = covers(me.role, "admin");
  const users = useQuery({ ...usersListOptions({ query }), enabled, staleTime: 60_000 });
  const keys = useQuery({ ...apiKeysListOptions({ query }), enabled, staleTime: 60_000 });
  return (principal) => {
    if (principal === me.principal) return "you";
    const user = users.data?.items.find(({ id }) => id === principal);
    const key = keys.data?.items.find(({ id }) => id === principal);
    return user?.name || user?.email || (key && `key ${key.name}`) || shortened(principal);
  };
}

/** Enough of an id to tell two apart. */
function shortened(id: string): string {
  const [kind, rest = ""] = id.split("_");
  return `${kind}_…${rest.slice(-6)}`;
}
