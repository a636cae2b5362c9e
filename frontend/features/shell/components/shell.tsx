"use client";

import { Menu, Search } from "lucide-react";
import dynamic from "next/dynamic";
import { Dialog } from "radix-ui";
import { useState, type ReactNode } from "react";
import { Button } from "@/ui/button";
import { useHeadingFocus } from "../hooks/use-heading-focus";
import { useKeys } from "../hooks/use-keys";
import { Sidebar } from "./sidebar";

// Neither is part of any page's first load.
const Palette = dynamic(() => import("./palette").then((module) => module.Palette));
const KeysDialog = dynamic(() => import("./keys-dialog").then((module) => module.KeysDialog));

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
          <Drawer
            isOpen={over === "drawer"}
            onOpen={(open) => setOver(open ? "drawer" : "nothing")}
          >
            <Sidebar {...doors} onFollow={close} />
          </Drawer>
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
      {over === "palette" && <Palette onClose={close} onHelp={doors.onHelp} />}
      {over === "keys" && <KeysDialog onClose={close} />}
    </div>
  );
}

interface DrawerProps {
  isOpen: boolean;
  onOpen: (open: boolean) => void;
  children: ReactNode;
}

/** The side of the page where there is no room beside it. */
function Drawer({ isOpen, onOpen, children }: DrawerProps) {
  return (
    <Dialog.Root open={isOpen} onOpenChange={onOpen}>
      <Dialog.Trigger asChild>
        <Button kind="quiet" size="icon" aria-label="Open the menu">
          <Menu />
        </Button>
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-30 bg-black/40 data-[state=open]:animate-in data-[state=open]:fade-in md:hidden" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-y-0 left-0 z-40 flex w-64 flex-col border-r bg-surface data-[state=open]:animate-in data-[state=open]:slide-in-from-left md:hidden"
        >
          <Dialog.Title className="sr-only">Menu</Dialog.Title>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
