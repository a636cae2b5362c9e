"use client";

import { useState } from "react";
import { Button } from "@/ui/button";
import { Json } from "@/ui/code";
import { rows } from "../lib/args";

/** What a call would be made with: as rows to read, or as the JSON that it is. */
export function Arguments({ args }: { args: unknown }) {
  const [isRaw, setRaw] = useState(false);
  const lines = rows(args);
  return (
    <div className="grid gap-1.5">
      <div className="flex items-center justify-between gap-2">
        <h4 className="text-xs font-medium text-muted">Arguments</h4>
        <Button
          kind="quiet"
          size="sm"
          className="h-6 px-1.5"
          aria-pressed={isRaw}
          onClick={() => setRaw(!isRaw)}
        >
          {isRaw ? "As rows" : "As JSON"}
        </Button>
      </div>
      {isRaw ? (
        <Json value={args} label="the arguments" />
      ) : (
        <dl className="grid max-h-72 grid-cols-[minmax(5rem,auto)_1fr] gap-x-4 gap-y-1 overflow-y-auto rounded-md border bg-sunken px-3 py-2 text-xs">
          {lines.map(({ name, value }) => (
            <div key={name} className="contents">
              <dt className="font-mono break-all text-muted">{name}</dt>
              <dd className="font-mono break-words whitespace-pre-wrap">{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}
