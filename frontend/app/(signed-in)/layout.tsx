import { Suspense, type ReactNode } from "react";
import { RequireSession } from "@/features/session";
import { Shell } from "@/features/shell";
import { LiveProvider } from "@/lib/live";

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <Suspense>
      <LiveProvider>
        <RequireSession>
          <Shell>{children}</Shell>
        </RequireSession>
      </LiveProvider>
    </Suspense>
  );
}
