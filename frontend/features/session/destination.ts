/** Where to go after signing in: a place of ours, whatever the address says. */
export function destination(to: string | null): string {
  return to?.startsWith("/") && !to.startsWith("//") && !to.includes("\\") ? to : "/";
}
