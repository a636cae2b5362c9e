"use client";

import { MutationCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { ThemeProvider } from "next-themes";
import { NuqsAdapter } from "nuqs/adapters/next/app";
import { useState, type ReactNode } from "react";
import { Toaster, toast } from "sonner";
import { ApiError } from "@/lib/api/client";

function isWorthAnotherTry(failures: number, error: Error) {
  const status = error instanceof ApiError ? error.status : 0;
  return failures < 2 && (status === 0 || status >= 500);
}

function client() {
  return new QueryClient({
    defaultOptions: { queries: { staleTime: 10_000, retry: isWorthAnotherTry } },
    mutationCache: new MutationCache({
      // Faults of single fields stand beside the fields.
      onError: (error) => {
        if (error instanceof ApiError && error.fields.size === 0) toast.error(error.message);
      },
    }),
  });
}

/** What every page stands on: what was read, the theme, and what is in the address. */
export function Providers({ children }: { children: ReactNode }) {
  const [queries] = useState(client);
  return (
    <ThemeProvider attribute="class" disableTransitionOnChange>
      <NuqsAdapter>
        <QueryClientProvider client={queries}>
          {children}
          <Toaster position="bottom-right" />
        </QueryClientProvider>
      </NuqsAdapter>
    </ThemeProvider>
  );
}
