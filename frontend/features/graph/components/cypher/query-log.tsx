"use client";

import { History } from "lucide-react";
import { Popover } from "radix-ui";
import { useState } from "react";
import { Button } from "@/ui/button";
import { Moment } from "@/ui/moment";
import type { Asked } from "../../lib/query-log";

interface Props {
  asked: readonly Asked[];
  onChoose: (asked: Asked) => void;
}

/** The queries that were asked in this browser, to be asked again. */
export function QueryLog({ asked, onChoose }: Props) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <Button kind="quiet" size="sm" disabled={asked.length === 0}>
          <History /> Asked before
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={4}
          collisionPadding={8}
          className="z-50 max-h-96 w-[min(28rem,92vw)] overflow-y-auto rounded-md border bg-raised p-1 shadow-lg"
        >
          <ul aria-label="Asked before">
            {asked.map((it) => (
              <li key={it.at}>
                <button
                  type="button"
                  onClick={() => {
                    setOpen(false);
                    onChoose(it);
                  }}
                  className="grid w-full gap-0.5 rounded px-2 py-1.5 text-left hover:bg-sunken"
                >
                  <code className="line-clamp-2 font-mono text-xs break-words whitespace-pre-wrap">
                    {it.query}
                  </code>
                  <span className="text-xs text-muted">
                    <Moment at={it.at} />
                    {it.params && ` · with ${it.params}`}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
