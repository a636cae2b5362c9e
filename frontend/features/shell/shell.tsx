"use client";

import { Menu } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "@/ui/button";
import { Account } from "./account";
import { CommandPalette } from "./command-palette";
import { Navigation } from "./navigation";

/** The frame around every page: the way to all others, and who is signed in. */
export function Shell({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <div className="flex min-h-dvh">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-raised focus:p-2"
      >
        Skip to the content
      </a>
      {open && (
        <button
          type="button"
          aria-label="Close the menu"
          className="fixed inset-0 z-20 bg-black/40 md:hidden"
          onClick={() => setOpen(false)}
        />
      )}
      <aside
        data-open={open || undefined}
        className="fixed inset-y-0 left-0 z-30 flex w-56 -translate-x-full flex-col border-r bg-surface transition-transform data-open:translate-x-0 md:sticky md:top-0 md:h-dvh md:translate-x-0"
      >
        <p className="px-5 py-4 text-base font-semibold tracking-tight">agentcy</p>
        <Navigation onFollow={() => setOpen(false)} />
        <div className="mt-auto border-t p-3">
          <Account />
        </div>
      </aside>
      <div className="flex min-w-0 flex-1 flex-col">
        <div className="flex items-center gap-2 border-b bg-surface p-2 md:hidden">
          <Button kind="quiet" size="icon" aria-label="Open the menu" onClick={() => setOpen(true)}>
            <Menu />
          </Button>
          <span className="font-semibold">agentcy</span>
        </div>
        <main id="content" className="min-h-0 flex-1">
          {children}
        </main>
      </div>
      <CommandPalette />
    </div>
  );
}
