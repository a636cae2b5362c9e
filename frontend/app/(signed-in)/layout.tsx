import { Suspense, type ReactNode } from "react";
import { RequireSession } from "@/features/session";
import { Shell } from "@/features/shell";
import { LiveProvider } from "@/lib/live";

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <Suspense>
      <RequireSession>
        <LiveProvider>
          <Shell>{children}</Shell>
        </LiveProvider>
      </RequireSession>
    </Suspense>
  );
}
