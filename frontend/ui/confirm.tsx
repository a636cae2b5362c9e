"use client";

import { AlertDialog } from "radix-ui";
import type { ReactNode } from "react";
import { Button } from "./button";
import { useFocusReturn } from "./focus-return";

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Names the object: "Delete the source infra?". */
  title: string;
  /** What will be gone, and what will stay. */
  children: ReactNode;
  action: string;
  busy?: boolean;
  onConfirm: () => void;
}

/** Asked before what cannot be undone. */
export function Confirm({ open, onOpenChange, title, children, action, busy, onConfirm }: Props) {
  const focus = useFocusReturn();
  return (
    <AlertDialog.Root open={open} onOpenChange={onOpenChange}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="fixed inset-0 z-40 bg-black/40" />
        <AlertDialog.Content
          {...focus}
          className="fixed inset-x-4 top-1/2 z-50 mx-auto grid max-w-md -translate-y-1/2 gap-3 rounded-lg border bg-raised p-5 shadow-xl"
        >
          <AlertDialog.Title className="text-base font-semibold">{title}</AlertDialog.Title>
          <AlertDialog.Description asChild>
            <div className="grid gap-3 text-muted">{children}</div>
          </AlertDialog.Description>
          <div className="mt-2 flex justify-end gap-2">
            <AlertDialog.Cancel asChild>
              <Button>Keep it</Button>
            </AlertDialog.Cancel>
            <Button kind="danger" busy={busy ?? false} onClick={onConfirm}>
              {action}
            </Button>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
