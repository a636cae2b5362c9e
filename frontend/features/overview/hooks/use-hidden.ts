"use client";

import { useState } from "react";

/** Whether this browser was told not to show something again. */
export function useHidden(key: string) {
  const [isHidden, setHidden] = useState(
    () => typeof localStorage !== "undefined" && localStorage.getItem(key) !== null,
  );
  function hide() {
    localStorage.setItem(key, "hidden");
    setHidden(true);
  }
  return { isHidden, hide };
}
