"use client";

import { ChevronDown, Waypoints } from "lucide-react";
import { Popover } from "radix-ui";
import { useState, type FormEvent } from "react";
import type { Direction } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Select } from "@/ui/select";
import { useStats } from "../../hooks/use-words";
import { STEP, type Step } from "../../lib/address";
import { counted } from "../../lib/names";

type Options = Omit<Step, "id">;

const DEPTHS = ["1", "2", "3", "4"].map((value) => ({
  value,
  label: value === "1" ? "1 step" : `${value} steps`,
}));
const DIRECTIONS = [
  { value: "both", label: "Both ways" },
  { value: "out", label: "From it" },
  { value: "in", label: "To it" },
];
const LIMITS = [50, 200, 1_000, 5_000].map((limit) => ({
  value: String(limit),
  label: `${counted(limit)} nodes at most`,
}));

/** Draws what hangs on a node: at once, or as one says. */
export function ExpandButton({ onExpand }: { onExpand: (options: Options) => void }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <span className="inline-flex">
      <Button kind="primary" size="sm" className="rounded-r-none" onClick={() => onExpand(STEP)}>
        <Waypoints /> Expand
      </Button>
      <Popover.Root open={isOpen} onOpenChange={setOpen}>
        <Popover.Trigger asChild>
          <Button
            kind="primary"
            size="sm"
            className="rounded-l-none border-l border-on-accent/30 px-1.5"
            aria-label="How to expand"
          >
            <ChevronDown />
          </Button>
        </Popover.Trigger>
        <Popover.Portal>
          <Popover.Content
            align="start"
            sideOffset={4}
            collisionPadding={8}
            className="z-50 w-72 rounded-md border bg-raised p-3 shadow-lg"
          >
            <Choices
              onExpand={(options) => {
                setOpen(false);
                onExpand(options);
              }}
            />
          </Popover.Content>
        </Popover.Portal>
      </Popover.Root>
    </span>
  );
}

function Choices({ onExpand }: { onExpand: (options: Options) => void }) {
  const stats = useStats();
  const types = Object.entries(stats.data?.types ?? {}).sort(([, one], [, other]) => other - one);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    onExpand({
      depth: Number(form.get("depth")),
      direction: String(form.get("direction")) as Direction,
      limit: Number(form.get("limit")),
      types: form.getAll("type").map(String),
    });
  }

  return (
    <form onSubmit={submit} className="grid gap-2">
      <Select
        name="depth"
        aria-label="How far"
        options={DEPTHS}
        defaultValue={String(STEP.depth)}
      />
      <Select
        name="direction"
        aria-label="Which way"
        options={DIRECTIONS}
        defaultValue={STEP.direction}
      />
      <Select
        name="limit"
        aria-label="How much"
        options={LIMITS}
        defaultValue={String(STEP.limit)}
      />
      <fieldset className="grid max-h-44 gap-0.5 overflow-y-auto rounded-md border p-1.5">
        <legend className="px-1 text-xs text-muted">Only over (all, if none is chosen)</legend>
        {types.map(([type, count]) => (
          <label
            key={type}
            className="flex min-h-6 items-center gap-2 rounded px-1 hover:bg-sunken"
          >
            <input type="checkbox" name="type" value={type} className="accent-accent" />
            <span className="truncate font-mono text-xs">{type}</span>
            <span className="ml-auto text-xs text-muted tabular-nums">{counted(count)}</span>
          </label>
        ))}
      </fieldset>
      <Button type="submit" kind="primary" size="sm">
        Expand
      </Button>
    </form>
  );
}
