"use client";

import { useQuery } from "@tanstack/react-query";
import { usePathname, useRouter, useSearchParams } from "next/navigation";
import { createContext, use, useEffect, type ReactNode } from "react";
import { ApiError, authMeOptions, type MeView } from "@/lib/api/client";
import { Failure, Skeleton } from "@/ui/states";

const Me = createContext<MeView | null>(null);

/** Who is signed in. */
export function useMe(): MeView {
  const me = use(Me);
  if (!me) throw new Error("useMe is for pages behind RequireSession");
  return me;
}

/** Shows its content to whoever is signed in, and the way in to everybody else. */
export function RequireSession({ children }: { children: ReactNode }) {
  const me = useQuery({ ...authMeOptions(), staleTime: 60_000, retry: false });
  const away = me.error instanceof ApiError && me.error.status === 401;
  useComeBackAfterSignIn(away);
  if (me.data) return <Me value={me.data}>{children}</Me>;
  if (me.error && !away) return <Failure error={me.error} retry={() => void me.refetch()} />;
  return (
    <div className="grid h-dvh grid-cols-[15rem_1fr] gap-6 p-4" role="status">
      <span className="sr-only">Loading</span>
      <Skeleton className="h-full" />
      <Skeleton className="h-40" />
    </div>
  );
}

function useComeBackAfterSignIn(away: boolean) {
  const router = useRouter();
  const path = usePathname();
  const search = useSearchParams().toString();
  useEffect(() => {
    if (!away) return;
    const here = search ? `${path}?${search}` : path;
    router.replace(here === "/" ? "/login/" : `/login/?to=${encodeURIComponent(here)}`);
  }, [away, path, router, search]);
}
