"use client";

import {
  BookOpen,
  ChevronsUpDown,
  CircleUser,
  Keyboard,
  LogOut,
  Monitor,
  Moon,
  Sun,
} from "lucide-react";
import { useTheme } from "next-themes";
import Link from "next/link";
import { DropdownMenu } from "radix-ui";
import { useMe, useSignOut } from "@/features/session";

export const THEMES = [
  { name: "light", label: "Light", icon: Sun },
  { name: "dark", label: "Dark", icon: Moon },
  { name: "system", label: "As the system", icon: Monitor },
] as const;

const item =
  "flex cursor-default items-center gap-2 rounded px-2 py-1.5 outline-none data-highlighted:bg-sunken data-[state=checked]:text-accent [&_svg]:size-4";

interface Props {
  onHelp: () => void;
  onFollow?: (() => void) | undefined;
}

/** Who is signed in, the theme, the keys, and the way out. */
export function Account({ onHelp, onFollow }: Props) {
  const { user, org, role } = useMe();
  const { theme, setTheme } = useTheme();
  const signOut = useSignOut();
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger className="flex w-full items-center justify-between gap-2 rounded-md p-2 text-left hover:bg-sunken">
        <span className="min-w-0">
          <span className="block truncate font-medium">
            {user?.name || user?.email || "API key"}
          </span>
          <span className="block truncate text-xs text-muted">
            {org.name} · {role}
          </span>
        </span>
        <ChevronsUpDown className="size-4 shrink-0 text-muted" aria-hidden />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          side="top"
          align="start"
          sideOffset={6}
          className="z-50 min-w-52 rounded-md border bg-raised p-1 shadow-lg"
        >
          <DropdownMenu.Item asChild className={item}>
            <Link href="/account/" onClick={onFollow}>
              <CircleUser aria-hidden /> Account
            </Link>
          </DropdownMenu.Item>
          <DropdownMenu.Item className={item} onSelect={onHelp}>
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
