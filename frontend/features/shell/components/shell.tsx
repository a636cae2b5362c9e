"use client";

import { Menu, Search } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "@/ui/button";
import { later } from "@/ui/later";
import { useHeadingFocus } from "../hooks/use-heading-focus";
import { useKeys } from "../hooks/use-keys";
import { useRecovery } from "../hooks/use-recovery";
import { Sidebar } from "./sidebar";

// None is part of any page's first load.
const Drawer = later(() => import("./drawer").then((it) => it.Drawer));
const Palette = later(() => import("./palette").then((it) => it.Palette));
const KeysDialog = later(() => import("./keys-dialog").then((it) => it.KeysDialog));

/** What is open over the page. */
type Over = "nothing" | "palette" | "keys" | "drawer";

/** The frame around every page: the way to all others, and who is signed in. */
export function Shell({ children }: { children: ReactNode }) {
  const [over, setOver] = useState<Over>("nothing");
  const close = () => setOver("nothing");
  const doors = { onPalette: () => setOver("palette"), onHelp: () => setOver("keys") };
  useKeys({
    onPalette: () => setOver((before) => (before === "palette" ? "nothing" : "palette")),
    onHelp: doors.onHelp,
  });
  useHeadingFocus();
  useRecovery();
  return (
    <div className="flex min-h-dvh">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-raised focus:p-2"
      >
        Skip to the content
      </a>
      <aside className="sticky top-0 hidden h-dvh w-56 shrink-0 flex-col border-r bg-surface md:flex">
        <Sidebar {...doors} />
      </aside>
      <div className="flex min-w-0 flex-1 flex-col">
        <header className="sticky top-0 z-20 flex items-center gap-2 border-b bg-surface p-2 md:hidden">
          <Button
            kind="quiet"
            size="icon"
            aria-label="Open the menu"
            aria-haspopup="dialog"
            aria-expanded={over === "drawer"}
            onClick={() => setOver("drawer")}
          >
            <Menu />
          </Button>
          <span className="font-semibold">agentcy</span>
          <Button
            kind="quiet"
            size="icon"
            className="ml-auto"
            aria-label="Search"
            onClick={doors.onPalette}
          >
            <Search />
          </Button>
        </header>
        <main id="content" className="min-h-0 flex-1 outline-none [&_h1]:outline-none">
          {children}
        </main>
      </div>
      {over === "drawer" && (
        <Drawer onClose={close}>
          <Sidebar {...doors} onFollow={close} />
        </Drawer>
      )}
      {over === "palette" && <Palette onClose={close} onHelp={doors.onHelp} />}
      {over === "keys" && <KeysDialog onClose={close} />}
    </div>
  );
}
