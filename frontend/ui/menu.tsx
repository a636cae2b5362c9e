"use client";

import { DropdownMenu } from "radix-ui";
import { useRef, type ReactNode } from "react";
import type { LucideIcon } from "lucide-react";
import { cn } from "@/lib/cn";

export interface MenuItem {
  label: string;
  icon?: LucideIcon;
  danger?: boolean;
  disabled?: boolean;
  onSelect: () => void;
}

/** What else can be done with a thing. */
export function Menu({ trigger, items }: { trigger: ReactNode; items: readonly MenuItem[] }) {
  // Done when the menu has closed and the focus is back: what opens then knows where to return it.
  const chosen = useRef<(() => void) | null>(null);

  function act() {
    const { current } = chosen;
    chosen.current = null;
    if (current) setTimeout(current);
  }

  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={4}
          onCloseAutoFocus={act}
          className="z-50 min-w-44 rounded-md border bg-raised p-1 shadow-lg"
        >
          {items.map(({ label, icon: Icon, danger, disabled, onSelect }) => (
            <DropdownMenu.Item
              key={label}
              disabled={disabled ?? false}
              onSelect={() => {
                chosen.current = onSelect;
              }}
              className={cn(
                "flex cursor-default items-center gap-2 rounded px-2 py-1.5 outline-none data-disabled:opacity-50 data-highlighted:bg-sunken [&_svg]:size-4",
                danger && "text-bad",
              )}
            >
              {Icon && <Icon aria-hidden />} {label}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
