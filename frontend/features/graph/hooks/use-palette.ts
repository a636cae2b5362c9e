"use client";

import { useCallback } from "react";
import { colourAt, palette } from "../lib/colours";
import { useTheme } from "./use-browser";
import { useStats } from "./use-words";

export type ColourOf = (kind: string) => string;

// A label keeps its colour for as long as the app is open.
const placeOf = palette();
const WAITING = { light: "#a8adb8", dark: "#5b606b" };

/** The colour of each label, the same on every view of the page; the most common labels choose first. */
export function usePalette(): ColourOf {
  const theme = useTheme();
  const { data, isPending } = useStats();
  return useCallback(
    (kind) => {
      if (isPending) return WAITING[theme];
      const labels = Object.entries(data?.labels ?? {}).sort(([, one], [, other]) => other - one);
      for (const [label] of labels) placeOf(label);
      return colourAt(placeOf(kind), theme);
    },
    [data?.labels, isPending, theme],
  );
}
