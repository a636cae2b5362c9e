"use client";

import { X } from "lucide-react";
import { Dialog as Primitive } from "radix-ui";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";
import { Button } from "./button";
import { useFocusReturn } from "./focus-return";

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  note?: ReactNode;
  /** From the side, for what is looked at beside the page. */
  side?: boolean;
  wide?: boolean;
  children: ReactNode;
}

/** A question or a form over the page. Escape closes it, and the focus goes back where it came from. */
export function Dialog({ open, onOpenChange, title, note, side, wide, children }: Props) {
  const focus = useFocusReturn();
  return (
    <Primitive.Root open={open} onOpenChange={onOpenChange}>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-40 bg-black/40 data-[state=open]:animate-in data-[state=open]:fade-in" />
        <Primitive.Content
          {...focus}
          {...(!note && { "aria-describedby": undefined })}
          className={cn(
            "fixed z-50 flex max-h-dvh flex-col overflow-hidden border bg-raised shadow-xl",
            side
              ? "inset-y-0 right-0 w-full max-w-lg data-[state=open]:animate-in data-[state=open]:slide-in-from-right"
              : "inset-x-0 bottom-0 rounded-t-lg sm:inset-auto sm:top-1/2 sm:left-1/2 sm:w-full sm:max-w-lg sm:-translate-x-1/2 sm:-translate-y-1/2 sm:rounded-lg data-[state=open]:animate-in data-[state=open]:fade-in",
            wide && "sm:max-w-2xl",
          )}
        >
          <header className="border-b py-4 pr-14 pl-5">
            <Primitive.Title className="text-base font-semibold">{title}</Primitive.Title>
            {note && (
              <Primitive.Description className="text-xs text-muted">{note}</Primitive.Description>
            )}
          </header>
          <div className="overflow-y-auto p-5">{children}</div>
          {/* Last, so that the focus begins with what was asked for. */}
          <Primitive.Close asChild>
            <Button
              kind="quiet"
              size="icon-sm"
              className="absolute top-3.5 right-4"
              aria-label="Close"
            >
              <X />
            </Button>
          </Primitive.Close>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
