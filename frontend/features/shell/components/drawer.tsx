"use client";

import { Dialog } from "radix-ui";
import type { ReactNode } from "react";
import { useFocusReturn } from "@/ui/focus-return";

interface Props {
  onClose: () => void;
  children: ReactNode;
}

/** The side of the page where there is no room beside it. */
export function Drawer({ onClose, children }: Props) {
  const focus = useFocusReturn();
  return (
    <Dialog.Root open onOpenChange={onClose}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-30 bg-black/40 data-[state=open]:animate-in data-[state=open]:fade-in md:hidden" />
        <Dialog.Content
          {...focus}
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
