"use client";

import { Command } from "cmdk";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { usePages } from "./navigation";

/** Ctrl-K: every page, by typing. */
export function CommandPalette() {
  const [open, setOpen] = useState(false);
  const router = useRouter();
  const pages = usePages();

  useEffect(() => {
    function press(event: KeyboardEvent) {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      setOpen((open) => !open);
    }
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);

  function go(href: string) {
    setOpen(false);
    router.push(href);
  }

  return (
    <Command.Dialog
      open={open}
      onOpenChange={setOpen}
      label="Go anywhere"
      overlayClassName="fixed inset-0 z-40 bg-black/40"
      contentClassName="fixed top-[15%] left-1/2 z-50 w-[min(36rem,92vw)] -translate-x-1/2 overflow-hidden rounded-lg border bg-raised shadow-xl"
    >
      <Command.Input
        placeholder="Where to?"
        className="w-full border-b bg-transparent px-4 py-3 placeholder:text-muted"
      />
      <Command.List className="max-h-80 overflow-y-auto p-2">
        <Command.Empty className="p-4 text-center text-muted">Nothing by that name.</Command.Empty>
        <Command.Group heading="Pages" className="text-xs text-muted">
          {pages.map(({ href, name, icon: Icon }) => (
            <Command.Item
              key={href}
              value={name}
              onSelect={() => go(href)}
              className="flex items-center gap-3 rounded-md px-2 py-2 text-sm text-text data-[selected=true]:bg-sunken"
            >
              <Icon className="size-4 text-muted" aria-hidden /> {name}
            </Command.Item>
          ))}
        </Command.Group>
      </Command.List>
    </Command.Dialog>
  );
}
