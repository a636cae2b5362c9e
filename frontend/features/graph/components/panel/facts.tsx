"use client";

import type { ReactNode } from "react";
import type { Asserter } from "@/lib/api/client";
import { Copy } from "@/ui/copy";
import { useAsserters } from "../../hooks/use-words";

/** A few things that are known, each with its name. */
export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-1.5 px-4 py-3">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface PropertiesProps {
  properties: Record<string, unknown>;
  provenance?: Record<string, Asserter>;
}

/** The properties of a node or an edge, and who says them where several speak. */
export function Properties({ properties, provenance }: PropertiesProps) {
  const spoken = useAsserters();
  const names = Object.keys(properties).sort();
  return (
    <section className="border-t px-4 py-3">
      <h3 className="mb-2 text-xs font-medium text-muted">Properties</h3>
      {names.length === 0 && <p className="text-muted">None.</p>}
      <dl className="grid gap-2">
        {names.map((name) => {
          const by = provenance?.[name];
          return (
            <div key={name} className="group min-w-0">
              <dt className="flex items-baseline justify-between gap-2 font-mono text-xs text-muted">
                {name}
                {by && <span className="font-sans">{spoken(by)}</span>}
              </dt>
              <dd className="min-w-0">
                <Value value={properties[name]} />
              </dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}

/** A value as people read it; addresses can be followed. */
function Value({ value }: { value: unknown }) {
  const isNone =
    value === null || value === undefined || (Array.isArray(value) && value.length === 0);
  if (isNone) return <span className="text-muted">–</span>;
  if (Array.isArray(value) && value.every((it) => typeof it !== "object")) {
    return <span className="break-words">{value.join(", ")}</span>;
  }
  if (typeof value === "object") {
    return (
      <pre className="overflow-x-auto rounded bg-sunken p-2 font-mono text-xs">
        {JSON.stringify(value, null, 2)}
      </pre>
    );
  }
  const text = String(value);
  if (/^https?:\/\/\S+$/.test(text)) {
    return (
      <a
        href={text}
        target="_blank"
        rel="noopener noreferrer"
        className="break-all text-accent hover:underline"
      >
        {text}
      </a>
    );
  }
  return <span className="break-words whitespace-pre-wrap">{text}</span>;
}

/** An id, to be copied rather than read. */
export function Id({ id }: { id: string }) {
  return (
    <span className="flex min-w-0 items-center gap-1">
      <code className="truncate font-mono text-xs" title={id}>
        {id}
      </code>
      <Copy text={id} what="the id" />
    </span>
  );
}
