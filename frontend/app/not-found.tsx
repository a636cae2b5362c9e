import type { Metadata } from "next";
import Link from "next/link";
import { Button } from "@/ui/button";

export const metadata: Metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <main className="grid min-h-dvh place-content-center justify-items-center gap-3 p-6 text-center">
      <h1 className="text-xl font-semibold tracking-tight">There is no such page</h1>
      <p className="max-w-sm text-muted">The address is misspelt, or what stood here has moved.</p>
      <Button asChild kind="primary">
        <Link href="/">To the overview</Link>
      </Button>
    </main>
  );
}
