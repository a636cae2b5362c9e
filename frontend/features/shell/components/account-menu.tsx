"use client";

import { BookOpen, CircleUser, Keyboard, LogOut } from "lucide-react";
import { useTheme } from "next-themes";
import Link from "next/link";
import { DropdownMenu } from "radix-ui";
import { useRef, type ReactNode } from "react";
import { useSignOut } from "@/features/session";
import { THEMES } from "../lib/themes";

const item =
  "flex cursor-default items-center gap-2 rounded px-2 py-1.5 outline-none data-highlighted:bg-sunken data-[state=checked]:text-accent [&_svg]:size-4";

interface Props {
  trigger: ReactNode;
  onHelp: () => void;
  onFollow?: (() => void) | undefined;
}

/** The account, the theme, the keys, and the way out. It is loaded when it is asked for, and is open then. */
export function AccountMenu({ trigger, onHelp, onFollow }: Props) {
  const { theme, setTheme } = useTheme();
  const signOut = useSignOut();
  const isHelpWanted = useRef(false);

  // Once the focus is back: what opens then knows where to return it.
  function afterwards() {
    if (isHelpWanted.current) setTimeout(onHelp);
    isHelpWanted.current = false;
  }

  return (
    <DropdownMenu.Root defaultOpen>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          side="top"
          align="start"
          sideOffset={6}
          onCloseAutoFocus={afterwards}
          className="z-50 min-w-52 rounded-md border bg-raised p-1 shadow-lg"
        >
          <DropdownMenu.Item asChild className={item}>
            <Link href="/account/" onClick={onFollow}>
              <CircleUser aria-hidden /> Account
            </Link>
          </DropdownMenu.Item>
          <DropdownMenu.Item
            className={item}
            onSelect={() => {
              isHelpWanted.current = true;
            }}
          >
            <Keyboard aria-hidden /> Keys
          </DropdownMenu.Item>
          <DropdownMenu.Item asChild className={item}>
            <a href="/docs" target="_blank" rel="noreferrer">
              <BookOpen aria-hidden /> API reference
            </a>
          </DropdownMenu.Item>
          <DropdownMenu.Separator className="my-1 h-px bg-line" />
          <DropdownMenu.Label className="px-2 py-1 text-xs text-muted">Theme</DropdownMenu.Label>
          <DropdownMenu.RadioGroup value={theme ?? "system"} onValueChange={setTheme}>
            {THEMES.map(({ name, label, icon: Icon }) => (
              <DropdownMenu.RadioItem key={name} value={name} className={item}>
                <Icon aria-hidden /> {label}
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
          <DropdownMenu.Separator className="my-1 h-px bg-line" />
          <DropdownMenu.Item className={item} onSelect={signOut}>
            <LogOut aria-hidden /> Sign out
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
