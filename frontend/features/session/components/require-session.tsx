"use client";

import { useQuery } from "@tanstack/react-query";
import { usePathname, useRouter, useSearchParams } from "next/navigation";
import { createContext, Fragment, use, useEffect, type ReactNode } from "react";
import { ApiError, authMeOptions, type MeView } from "@/lib/api/client";
import { later } from "@/ui/later";
import { Failure, Skeleton } from "@/ui/states";
import { useKeepSession } from "../hooks/use-keep-session";
import { signInAddress } from "../lib/destination";

// Seldom needed, and never at first.
const SignInAgain = later(() => import("./sign-in-again").then((it) => it.SignInAgain));

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
  const isAway = me.error instanceof ApiError && me.error.status === 401;
  if (me.data) {
    return (
      <Me value={me.data}>
        <Session me={me.data} hasEnded={isAway} />
        {/* Another tab may sign in somebody else: what stands on the page is not theirs. */}
        <Fragment key={`${me.data.principal} ${me.data.org.id}`}>{children}</Fragment>
      </Me>
    );
  }
  if (isAway) return <ToSignIn />;
  if (me.error) {
    return (
      <main className="grid min-h-dvh place-items-center">
        <Failure error={me.error} retry={() => void me.refetch()} />
      </main>
    );
  }
  return <Waiting />;
}

function Session({ me, hasEnded }: { me: MeView; hasEnded: boolean }) {
  useKeepSession(me);
  return hasEnded ? <SignInAgain me={me} /> : null;
}

function ToSignIn() {
  const router = useRouter();
  const address = signInAddress(usePathname(), useSearchParams().toString());
  useEffect(() => router.replace(address), [address, router]);
  return <Waiting />;
}

function Waiting() {
  return (
    <div className="grid h-dvh gap-6 p-4 md:grid-cols-[13rem_1fr]" role="status">
      <span className="sr-only">Loading</span>
      <Skeleton className="hidden h-full md:block" />
      <Skeleton className="h-40" />
    </div>
  );
}
