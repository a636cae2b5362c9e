"use client";

import { useState } from "react";
import { ApiError, type SourceKind } from "@/lib/api/client";
import { draftFaults, stillTrue, type Draft } from "../lib/draft";
import { besideOf } from "../lib/refusal";

const NONE: ReadonlyMap<string, string> = new Map();

interface Told {
  faults: ReadonlyMap<string, string>;
  /** The draft that it was said of. */
  of: Draft;
}

/** A form of a source: what stands in it, and what is wrong with that. */
export function useDraft(kind: SourceKind, initial: Draft, isNew: boolean) {
  const [draft, setDraft] = useState(initial);
  const [file, setFile] = useState<File | null>(null);
  const [told, setTold] = useState<Told | null>(null);
  const faults = told ? stillTrue(told.faults, told.of, draft) : NONE;

  /** Says what is wrong already; true when there is nothing. */
  function check(): boolean {
    const found = draftFaults(kind, draft, file, isNew);
    setTold({ faults: found, of: draft });
    return found.size === 0;
  }

  /** Keeps what the server said of single fields. */
  function hear(error: unknown) {
    if (!(error instanceof ApiError)) return;
    const faults = besideOf(error, draft);
    // A name that is taken, a realm that is gone: the code says which field.
    if (error.code === "taken" && faults.size === 0) faults.set("name", error.message);
    if (error.code === "unknown_realm") faults.set("realm", error.message);
    setTold({ faults, of: draft });
  }

  function change(part: Partial<Draft>) {
    setDraft((before) => ({ ...before, ...part }));
  }

  function choose(next: File | null) {
    setFile(next);
    // A file of another kind has nothing to do with what was wrong before.
    if (next) setTold(null);
  }

  return { draft, change, file, choose, faults, check, hear };
}
