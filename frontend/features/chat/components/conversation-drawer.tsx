"use client";

import { Dialog } from "radix-ui";
import { useFocusReturn } from "@/ui/focus-return";
import { ConversationList } from "./conversation-list";

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  selected: string | null;
}

/** The conversations where there is no room for them beside the thread. */
export function ConversationDrawer({ open, onOpenChange, selected }: Props) {
  const focus = useFocusReturn();
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/40 lg:hidden" />
        <Dialog.Content
          aria-describedby={undefined}
          // The first field would bring up a keyboard over the list.
          onOpenAutoFocus={(event) => {
            focus.onOpenAutoFocus();
            event.preventDefault();
            (event.currentTarget as HTMLElement | null)?.focus();
          }}
          onCloseAutoFocus={focus.onCloseAutoFocus}
          className="fixed inset-y-0 left-0 z-50 w-[min(20rem,88vw)] border-r bg-surface shadow-xl data-[state=open]:animate-in data-[state=open]:slide-in-from-left lg:hidden"
        >
          <Dialog.Title className="sr-only">Conversations</Dialog.Title>
          <ConversationList selected={selected} onFollow={() => onOpenChange(false)} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
