"use client";

import { useSyncExternalStore, type ComponentType } from "react";

type Found<P> = { part: ComponentType<P> } | { fault: unknown };

/**
 * A part whose script comes when it is first shown, with something else in its place meanwhile.
 *
 * Within a Suspense boundary React would hold it back until 300 ms after that was shown. A script that does
 * not come is a fault for the error boundary, and is fetched once more when that tries again.
 */
export function later<P extends object>(
  load: () => Promise<ComponentType<P>>,
  Meanwhile: ComponentType<P> = Nothing,
) {
  let found: Found<P> | null = null;
  let isOnItsWay = false;
  const listeners = new Set<() => void>();

  function settle(next: Found<P>) {
    isOnItsWay = false;
    found = "part" in next || listeners.size > 0 ? next : null;
    for (const listener of [...listeners]) listener();
  }

  function subscribe(listener: () => void) {
    listeners.add(listener);
    if (!isOnItsWay && !found) {
      isOnItsWay = true;
      load().then(
        (part) => settle({ part }),
        (fault: unknown) => settle({ fault }),
      );
    }
    return () => {
      listeners.delete(listener);
      // Who shows it next tries again.
      if (listeners.size === 0 && found && "fault" in found) found = null;
    };
  }

  return function Later(props: P) {
    const now = useSyncExternalStore(
      subscribe,
      () => found,
      () => null,
    );
    if (!now) return <Meanwhile {...props} />;
    if ("fault" in now) throw now.fault;
    return <now.part {...props} />;
  };
}

function Nothing() {
  return null;
}
