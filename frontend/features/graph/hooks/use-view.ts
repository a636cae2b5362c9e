"use client";

import {
  createParser,
  parseAsArrayOf,
  parseAsBoolean,
  parseAsString,
  parseAsStringLiteral,
  useQueryStates,
} from "nuqs";
import { useMemo } from "react";
import { readStep, writeStep, type Change, type Step, type View } from "../lib/address";

export const TABS = ["graph", "table", "cypher"] as const;
export type Tab = (typeof TABS)[number];

const step = createParser<Step>({
  parse: readStep,
  serialize: writeStep,
  eq: (one, other) => writeStep(one) === writeStep(other),
});

const time = createParser<string>({
  parse: (text) => (Number.isNaN(Date.parse(text)) ? null : new Date(text).toISOString()),
  serialize: (time) => time,
});

const words = parseAsArrayOf(parseAsString).withDefault([]);

const PARSERS = {
  tab: parseAsStringLiteral(TABS).withDefault("graph"),
  asOf: time,
  q: parseAsString.withDefault(""),
  label: words,
  realm: words,
  source: parseAsString,
  property: words,
  nodes: parseAsArrayOf(step).withDefault([]),
  found: parseAsBoolean.withDefault(false),
  without: words,
  hide: words,
  node: parseAsString,
  edge: parseAsString,
};

const urlKeys = { tab: "view", asOf: "as_of", found: "results" } as const;

type All = View & { tab: Tab; asOf: string | null };

/** All that the address says of the page, and how to change it; `push` when one wants to come back. */
export function useView() {
  const [all, set] = useQueryStates(PARSERS, { urlKeys, history: "replace" });
  return useMemo(
    () => ({
      ...all,
      view: all satisfies View,
      change: (change: Change & Partial<All>, history: "push" | "replace" = "push") =>
        void set(change as Parameters<typeof set>[0], { history }),
    }),
    [all, set],
  );
}

export type Viewing = ReturnType<typeof useView>;
