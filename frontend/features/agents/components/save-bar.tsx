"use client";

import { useEffect, useRef } from "react";
import { Button } from "@/ui/button";
import { Fault } from "@/ui/fault";

interface Props {
  label: string;
  busy: boolean;
  /** Why this person may not. */
  refused: string | undefined;
  error: unknown;
  /** Whether faults stand beside fields. */
  faulty: boolean;
}

/** The end of a long form; it stays in sight, and leads to the first field that needs another look. */
export function SaveBar({ label, busy, refused, error, faulty }: Props) {
  const told = faulty ? "Some fields need another look." : undefined;
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!faulty) return;
    bar.current?.closest("form")?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [faulty, error]);
  return (
    <div
      ref={bar}
      className="sticky bottom-0 flex flex-wrap items-center justify-end gap-3 rounded-b-lg border-t bg-surface/95 px-4 py-3 backdrop-blur md:px-5"
    >
      {!faulty && Boolean(error) && (
        <div className="w-full">
          <Fault error={error} />
        </div>
      )}
      <p role="status" className={refused ? "text-xs text-muted" : "text-xs text-bad"}>
        {refused ?? told}
      </p>
      <Button type="submit" kind="primary" busy={busy} disabled={refused !== undefined}>
        {label}
      </Button>
    </div>
  );
}
