import type { Sync } from "@/lib/api/client";

/** What a sync could not read: where, and why. */
export function SyncErrors({ errors }: { errors: Sync["errors"] }) {
  return (
    <ul className="grid max-h-96 divide-y overflow-y-auto rounded-md border">
      {errors.map(({ place, message }, at) => (
        <li
          key={at}
          className="grid gap-0.5 px-3 py-2 sm:grid-cols-[minmax(6rem,12rem)_1fr] sm:gap-4"
        >
          <code className="font-mono text-xs wrap-anywhere text-muted">
            {place || "the whole source"}
          </code>
          <span className="text-bad wrap-anywhere">{message}</span>
        </li>
      ))}
    </ul>
  );
}
