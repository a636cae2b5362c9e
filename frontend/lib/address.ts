// Where the pages are served, for addresses that the router does not make.
const BASE = "/app";

/** A page as a whole address, to be sent to somebody. */
export function pageAddress(path: string): string {
  return new URL(`${BASE}${path}`, window.location.origin).href;
}

/** Loads a page anew: nothing that was read or typed before is left in memory. */
export function leaveFor(path: string) {
  window.location.replace(pageAddress(path));
}
