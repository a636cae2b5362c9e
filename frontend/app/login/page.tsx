import type { Metadata } from "next";
import { Suspense } from "react";
import { SignIn } from "@/features/session";

export const metadata: Metadata = { title: "Sign in" };

export default function LoginPage() {
  return (
    <main className="grid min-h-dvh place-items-center p-6">
      <div className="grid w-full max-w-sm gap-6">
        <div>
          <h1 className="text-2xl font-semibold tracking-tight">agentcy</h1>
          <p className="text-muted">Sign in to your organisation.</p>
        </div>
        <Suspense>
          <SignIn />
        </Suspense>
      </div>
    </main>
  );
}
