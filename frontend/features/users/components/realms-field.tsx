"use client";

import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { useMe } from "@/features/session";
import { realmsAvailableOptions } from "@/lib/api/client";
import { cn } from "@/lib/cn";
import { ALL, givable, isAll, toggled } from "../lib/realms";

interface Props {
  value: readonly string[];
  onChange: (realms: string[]) => void;
  fault?: string | undefined;
}

const chip =
  "flex cursor-pointer items-center gap-1.5 rounded-md border px-2.5 py-1 select-none has-checked:border-accent/50 has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-ring";

/** The parts of the graph that somebody sees: all of them, or some. */
export function RealmsField({ value, onChange, fault }: Props) {
  const name = useId();
  const { realms: own } = useMe();
  const known = useQuery({ ...realmsAvailableOptions(), staleTime: 60_000 });
  const slugs = givable(own, known.data?.items.map(({ slug }) => slug) ?? []);
  return (
    <fieldset className="grid gap-1.5" aria-describedby={`${name}-note`}>
      <legend className="mb-1.5 font-medium">Realms</legend>
      <div className="flex flex-wrap gap-1.5">
        {isAll(own) && (
          <label className={chip}>
            <input
              type="checkbox"
              className="accent-accent"
              checked={isAll(value)}
              onChange={() => onChange(isAll(value) ? [] : [ALL])}
            />
            all
          </label>
        )}
        {slugs.map((slug) => (
          <label key={slug} className={cn(chip, isAll(value) && "text-muted")}>
            <input
              type="checkbox"
              className="accent-accent"
              checked={value.includes(slug)}
              onChange={() => onChange(toggled(value, slug))}
            />
            {slug}
          </label>
        ))}
      </div>
      <p
        id={`${name}-note`}
        role={fault ? "alert" : undefined}
        className={cn("text-xs", fault ? "text-bad" : "text-muted")}
      >
        {fault ?? (isAll(value) ? "Also realms that are made later." : "Nothing outside is shown.")}
      </p>
    </fieldset>
  );
}
