import type { LucideIcon } from "lucide-react";
import type { Rankable } from "./rank";

/** What the palette offers: somewhere to go, or something to do. */
export type Entry = Rankable & { icon: LucideIcon } & (
    | { kind: "go"; href: string }
    /** `leads` says what happens: "Starts a sync of infra". */
    | { kind: "do"; run: () => void; leads: string }
  );
