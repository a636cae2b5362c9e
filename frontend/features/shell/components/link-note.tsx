"use client";

import { useEffect, useState } from "react";
import { cn } from "@/lib/cn";
import { useLink } from "@/lib/live";
import { Button } from "@/ui/button";

/** A cut that is mended within this is not worth a word. */
const PATIENCE_MS = 2_000;

/** Says, quietly, that what is shown is not kept up to date at the moment. */
export function LinkNote() {
  const { state, wake } = useLink();
  const isLost = useLasting(state === "lost" || state === "refused");
  return (
    <div role="status">
      {isLost && (
        <p className="mb-2 flex items-center justify-between gap-2 px-2 text-xs text-muted">
          <span className="flex items-center gap-2">
            <span
              aria-hidden
              className={cn("size-2 rounded-full bg-warn", state === "lost" && "animate-pulse")}
            />
            <span className="sr-only">What is shown may be old.</span>{" "}
            {state === "lost" ? "Reconnecting" : "Not connected"}
          </span>
          <Button kind="quiet" size="sm" className="h-6 px-1.5" onClick={wake}>
            Now
          </Button>
        </p>
      )}
    </div>
  );
}

/** Whether something has been so for a while. */
function useLasting(is: boolean): boolean {
  const [lasts, setLasts] = useState(false);
  useEffect(() => {
    if (!is) return;
    const timer = setTimeout(() => setLasts(true), PATIENCE_MS);
    return () => {
      clearTimeout(timer);
      setLasts(false);
    };
  }, [is]);
  return is && lasts;
}
