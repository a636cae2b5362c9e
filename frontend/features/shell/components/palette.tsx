"use client";

import { Command } from "cmdk";
import { Clock, LoaderCircle } from "lucide-react";
import { useRouter } from "next/navigation";
import { Dialog } from "radix-ui";
import { useState } from "react";
import { useOwn } from "@/features/session";
import { traceOf, worded } from "@/ui/fault";
import { useFocusReturn } from "@/ui/focus-return";
import { Key } from "@/ui/key";
import { useActionEntries } from "../hooks/use-action-entries";
import { useObjectEntries } from "../hooks/use-object-entries";
import { usePageEntries } from "../hooks/use-page-entries";
import type { Entry } from "../lib/entry";
import { sections } from "../lib/rank";
import { keepRecent, readRecents } from "../lib/recents";

interface Props {
  onClose: () => void;
  onHelp: () => void;
}

/** Ctrl-K: every page, thing and action, by typing. */
export function Palette({ onClose, onHelp }: Props) {
  const router = useRouter();
  const focus = useFocusReturn();
  const [typed, setTyped] = useState("");
  const [selected, setSelected] = useState("");
  const own = useOwn();
  const [recents] = useState(() => readRecents(own));
  const objects = useObjectEntries(typed);
  const actions = useActionEntries({ ...objects, onHelp });
  const pages = usePageEntries();

  const known = [...actions, ...pages, ...objects.entries];
  const ids = new Set(known.map(({ id }) => id));
  // Of what was opened lately, some is only found by searching for it again.
  const lately = recents.filter(({ id }) => !ids.has(id));
  const entries: Entry[] = [
    ...known,
    ...lately.map((recent): Entry => ({ ...recent, kind: "go", icon: Clock })),
  ];
  const order = recents.map(({ id }) => id);
  const shown = sections(typed, entries, order);
  const current = entries.find(({ id }) => id === selected);

  function choose(entry: Entry) {
    onClose();
    if (entry.kind === "do") return entry.run();
    const { id, group, title, detail = "", href } = entry;
    if (group !== "Actions") keepRecent({ id, group, title, detail, href }, own);
    router.push(href);
  }

  return (
    <Dialog.Root open onOpenChange={onClose}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/40" />
        <Dialog.Content
          {...focus}
          aria-describedby={undefined}
          className="fixed top-[max(1rem,12vh)] left-1/2 z-50 w-[min(38rem,94vw)] -translate-x-1/2 overflow-hidden rounded-lg border bg-raised shadow-xl"
        >
          <Dialog.Title className="sr-only">Go anywhere, do anything</Dialog.Title>
          <Command
            label="Go anywhere, do anything"
            shouldFilter={false}
            loop
            value={selected}
            onValueChange={setSelected}
          >
            <div className="flex items-center gap-2 border-b pr-4">
              <Command.Input
                value={typed}
                onValueChange={setTyped}
                placeholder="Search or do something"
                className="h-12 w-full bg-transparent px-4 text-base outline-none placeholder:text-muted sm:text-sm"
              />
              {objects.isBusy && typed !== "" && (
                <LoaderCircle className="size-4 shrink-0 animate-spin text-muted" aria-hidden />
              )}
            </div>
            <Command.List className="max-h-[min(24rem,55vh)] scroll-py-2 overflow-y-auto p-2">
              <Command.Empty className="p-6 text-center text-muted">
                {objects.isBusy ? "Searching" : `Nothing fits “${typed}”.`}
              </Command.Empty>
              {shown.map(({ group, entries: fitting }) => (
                <Command.Group
                  key={group}
                  heading={group}
                  className="[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-muted"
                >
                  {fitting.map((entry) => (
                    <Row key={entry.id} entry={entry} onChoose={() => choose(entry)} />
                  ))}
                </Command.Group>
              ))}
            </Command.List>
          </Command>
          {Boolean(objects.error) && (
            <p role="alert" className="border-t px-4 py-2 text-xs text-bad">
              Not all could be searched: {worded(objects.error)}{" "}
              <span className="text-muted">{traceOf(objects.error)}</span>
            </p>
          )}
          <footer className="flex h-9 items-center justify-between gap-4 border-t px-4 text-xs text-muted">
            <span className="min-w-0 truncate" aria-live="polite">
              {current && leadsTo(current)}
            </span>
            <span className="hidden shrink-0 gap-1 sm:flex" aria-hidden>
              <Key>↑</Key>
              <Key>↓</Key>
              <Key>↵</Key>
            </span>
          </footer>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Row({ entry, onChoose }: { entry: Entry; onChoose: () => void }) {
  const { id, title, detail, icon: Icon } = entry;
  return (
    <Command.Item
      value={id}
      onSelect={onChoose}
      className="flex h-9 cursor-default items-center gap-3 rounded-md px-2 data-[selected=true]:bg-accent-soft"
    >
      <Icon className="size-4 shrink-0 text-muted" aria-hidden />
      <span className="truncate">{title}</span>
      {detail && <span className="ml-auto truncate pl-4 text-xs text-muted">{detail}</span>}
    </Command.Item>
  );
}

/** Where Enter leads. */
function leadsTo(entry: Entry): string {
  if (entry.kind === "do") return entry.leads;
  const page = entry.href.split("?")[0] ?? "/";
  return `Opens ${entry.title} · ${page}`;
}
