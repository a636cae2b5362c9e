"use client";

import { ChevronDown } from "lucide-react";
import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";

interface Props extends Omit<ComponentProps<"select">, "children"> {
  options: readonly { value: string; label: string }[];
}

/** One of a few. The browser's own control: it works by keyboard, touch and screen reader. */
export function Select({ options, className, ...rest }: Props) {
  return (
    <span className="relative inline-block">
      <select
        className={cn(
          "h-9 w-full appearance-none rounded-md border bg-surface py-1 pr-8 pl-3 disabled:opacity-60 aria-invalid:border-bad",
          className,
        )}
        {...rest}
      >
        {options.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
      <ChevronDown
        className="pointer-events-none absolute top-1/2 right-2.5 size-4 -translate-y-1/2 text-muted"
        aria-hidden
      />
    </span>
  );
}
