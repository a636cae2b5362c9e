import { Suspense, type ReactNode } from "react";
import { RequireSession } from "@/features/session";
import { Shell } from "@/features/shell";

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <Suspense>
      <RequireSession>
        <Shell>{children}</Shell>
      </RequireSession>
    </Suspense>
  );
}
