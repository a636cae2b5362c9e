"use client";

import { useSyncExternalStore } from "react";

function onTheme(tell: () => void) {
  const observer = new MutationObserver(tell);
  observer.observe(document.documentElement, { attributeFilter: ["class"] });
  return () => observer.disconnect();
}

const isDark = () => document.documentElement.classList.contains("dark");

/** The theme as the page wears it now. */
export function useTheme(): "light" | "dark" {
  return useSyncExternalStore(onTheme, isDark, () => false) ? "dark" : "light";
}

let webgl: boolean | undefined;

function hasWebgl(): boolean {
  webgl ??= document.createElement("canvas").getContext("webgl2") !== null;
  return webgl;
}

const never = () => () => undefined;

/** Whether the browser can draw the graph at all. */
export function useWebgl(): boolean {
  return useSyncExternalStore(never, hasWebgl, () => true);
}
