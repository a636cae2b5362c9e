"use client";

import { MutationCache, QueryCache, QueryClientProvider } from "@tanstack/react-query";
import { ThemeProvider } from "next-themes";
import { NuqsAdapter } from "nuqs/adapters/next/app";
import { useState, type ReactNode } from "react";
import { ApiError, authMeQueryKey } from "@/lib/api/client";
import { Queries } from "@/lib/api/queries";
import { later } from "@/ui/later";
import { tell } from "@/ui/tell";

const Toasts = later(() => import("./toasts").then((it) => it.Toasts));

function isOfNoSession(error: Error): boolean {
  return error instanceof ApiError && error.code === "unauthenticated";
}

function isWorthAnotherTry(failures: number, error: Error): boolean {
  // A session that is just being prolonged is good again at once.
  if (isOfNoSession(error)) return failures < 1;
  const status = error instanceof ApiError ? error.status : 0;
  return failures < 2 && (status === 0 || status >= 500);
}

function client() {
  const [me] = authMeQueryKey();
  // Whether the session is really over, whoever is signed in finds out by asking for themselves.
  const doubt = (error: Error) => {
    if (isOfNoSession(error)) void queries.invalidateQueries({ queryKey: authMeQueryKey() });
  };
  const queries = new Queries({
    defaultOptions: { queries: { staleTime: 10_000, retry: isWorthAnotherTry } },
    queryCache: new QueryCache({
      onError: (error, { queryKey }) => {
        const [about] = queryKey as Partial<typeof queryKey & [{ _id?: string }]>;
        if (about?._id !== me._id) doubt(error);
      },
    }),
    mutationCache: new MutationCache({
      // Faults of single fields stand beside the fields.
      onError: (error, _variables, _context, { meta }) => {
        doubt(error);
        const isSaid = meta?.quiet === true || isOfNoSession(error);
        if (error instanceof ApiError && error.fields.size === 0 && !isSaid) tell(error);
      },
    }),
  });
  return queries;
}

/** What every page stands on: what was read, the theme, and what is in the address. */
export function Providers({ children }: { children: ReactNode }) {
  const [queries] = useState(client);
  return (
    <ThemeProvider attribute="class" disableTransitionOnChange>
      <NuqsAdapter>
        <QueryClientProvider client={queries}>
          {children}
          <Toasts />
        </QueryClientProvider>
      </NuqsAdapter>
    </ThemeProvider>
  );
}
