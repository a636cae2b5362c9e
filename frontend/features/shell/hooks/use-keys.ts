"use client";

import { useRouter } from "next/navigation";
import { useEffect, useEffectEvent, useRef } from "react";
import { areKeysOn, isTyping, press } from "../lib/keys";
import { usePages } from "./use-pages";

/** A sequence that is not gone on with for so long is over. */
const PATIENCE_MS = 1_500;

interface Doors {
  onPalette: () => void;
  onHelp: () => void;
}

/** Ctrl-K anywhere; `?`, and `g` with the letter of a page, where nothing is typed. */
export function useKeys({ onPalette, onHelp }: Doors) {
  const router = useRouter();
  const groups = usePages();
  const begun = useRef(0);

  const hear = useEffectEvent((event: KeyboardEvent) => {
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey) {
      event.preventDefault();
      onPalette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Shift" || isTyping(event.target) || !areKeysOn()) return;
    const pressed = press(event.key, event.timeStamp - begun.current < PATIENCE_MS);
    begun.current = pressed === "began" ? event.timeStamp : -PATIENCE_MS;
    if (pressed === "help") onHelp();
    else if (typeof pressed === "object") {
      const pages = groups.flatMap((group) => group.pages);
      const page = pages.find(({ key }) => key === pressed.go);
      if (!page) return;
      event.preventDefault();
      router.push(page.href);
    }
  });

  useEffect(() => {
    begun.current = -PATIENCE_MS;
    const listener = (event: KeyboardEvent) => hear(event);
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, []);
}
