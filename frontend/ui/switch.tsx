"use client";

import { Switch as Primitive } from "radix-ui";
import type { ComponentProps } from "react";

/** On or off, in force at once. */
export function Switch(props: ComponentProps<typeof Primitive.Root>) {
  return (
    <Primitive.Root
      className="relative inline-flex h-5 w-9 shrink-0 after:absolute after:-inset-1 items-center rounded-full border border-transparent bg-line p-0.5 transition-colors disabled:opacity-50 data-[state=checked]:bg-accent"
      {...props}
    >
      <Primitive.Thumb className="size-4 rounded-full bg-white shadow transition-transform data-[state=checked]:translate-x-4" />
    </Primitive.Root>
  );
}
