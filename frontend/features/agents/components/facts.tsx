import type { ReactNode } from "react";
import { Copy } from "@/ui/copy";

/** Short facts, each with its name. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="flex flex-wrap gap-x-6 gap-y-2">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-muted">{name}</dt>
      <dd className="wrap-anywhere tabular-nums">{children}</dd>
    </div>
  );
}

/** An id: enough to tell two apart, and the whole of it to copy. */
export function IdFact({ name, id, what }: { name: string; id: string; what: string }) {
  return (
    <Fact name={name}>
      <span className="-my-1 inline-flex items-center gap-1">
        <code className="font-mono text-xs">…{id.slice(-6)}</code>
        <Copy text={id} what={what} />
      </span>
    </Fact>
  );
}
