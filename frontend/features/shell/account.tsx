"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { LogOut, Monitor, Moon, Sun } from "lucide-react";
import { useTheme } from "next-themes";
import { useRouter } from "next/navigation";
import { DropdownMenu } from "radix-ui";
import { useMe } from "@/features/session";
import { authLogoutMutation } from "@/lib/api/client";

const THEMES = [
  { name: "light", icon: Sun },
  { name: "dark", icon: Moon },
  { name: "system", icon: Monitor },
] as const;

const item =
  "flex cursor-default items-center gap-2 rounded px-2 py-1.5 outline-none data-highlighted:bg-sunken data-[state=checked]:text-accent";

/** Who is signed in, the theme, and the way out. */
export function Account() {
  const { user, org, role } = useMe();
  const { theme, setTheme } = useTheme();
  const router = useRouter();
  const queries = useQueryClient();
  const logout = useMutation({
    ...authLogoutMutation(),
    onSuccess: () => {
      queries.clear();
      router.replace("/login/");
    },
  });
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger className="w-full rounded-md p-2 text-left hover:bg-sunken">
        <span className="block truncate font-medium">{user?.name || user?.email || "API key"}</span>
        <span className="block truncate text-xs text-muted">
          {org.name} · {role}
        </span>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          side="top"
          align="start"
          sideOffset={6}
          className="z-50 min-w-44 rounded-md border bg-raised p-1 shadow-lg"
        >
          <DropdownMenu.RadioGroup value={theme ?? "system"} onValueChange={setTheme}>
            {THEMES.map(({ name, icon: Icon }) => (
              <DropdownMenu.RadioItem key={name} value={name} className={item}>
                <Icon className="size-4" aria-hidden /> {name}
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
          <DropdownMenu.Separator className="my-1 h-px bg-line" />
          <DropdownMenu.Item className={item} onSelect={() => logout.mutate({})}>
            <LogOut className="size-4" aria-hidden /> Sign out
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
