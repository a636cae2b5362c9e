"use client";

import { useTheme } from "next-themes";
import { RadioGroup } from "radix-ui";
import { useSyncExternalStore } from "react";
import { THEMES } from "@/features/shell";

const never = () => () => {};

/** Light, dark, or as the system is. */
export function Appearance() {
  const { theme = "system", setTheme } = useTheme();
  // What this browser keeps is known only here, not where the page was made.
  const isHere = useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
  return (
    <RadioGroup.Root
      aria-label="Theme"
      value={isHere ? theme : ""}
      onValueChange={setTheme}
      className="grid grid-cols-3 gap-2 p-4"
    >
      {THEMES.map(({ name, label, icon: Icon }) => (
        <RadioGroup.Item
          key={name}
          value={name}
          className="grid justify-items-center gap-1.5 rounded-md border px-2 py-3 text-muted hover:bg-sunken data-[state=checked]:border-accent data-[state=checked]:bg-accent-soft data-[state=checked]:text-accent"
        >
          <Icon className="size-4" aria-hidden />
          {label}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}
