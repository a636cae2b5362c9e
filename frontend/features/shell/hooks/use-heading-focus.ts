"use client";

import { usePathname } from "next/navigation";
import { useEffect, useRef } from "react";

/** After following a link the focus is at the new page's heading: what is read next is the page, not the link. */
export function useHeadingFocus() {
  const path = usePathname();
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    const content = document.getElementById("content");
    // A page that has put the focus somewhere knows better.
    if (!content || content.contains(document.activeElement)) return;
    const target = content.querySelector<HTMLElement>("h1") ?? content;
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
  }, [path]);
}
