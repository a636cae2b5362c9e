"use client";

import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/ui/button";

interface Props {
  /** What is looked at, for who cannot see it. */
  label: string;
  head: ReactNode;
  onClose: () => void;
  children: ReactNode;
}

/** What is looked at, beside the picture; on a phone, over its lower part. */
export function Panel({ label, head, onClose, children }: Props) {
  return (
    <aside
      aria-label={label}
      className="flex max-h-[55%] shrink-0 flex-col border-t bg-surface shadow-lg md:max-h-none md:w-80 md:border-t-0 md:border-l md:shadow-none xl:w-84"
    >
      <header className="flex items-start gap-2 border-b py-3 pr-2 pl-4">
        <div className="min-w-0 flex-1">{head}</div>
        <Button kind="quiet" size="icon-sm" aria-label="Close" onClick={onClose}>
          <X />
        </Button>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto">{children}</div>
    </aside>
  );
}
