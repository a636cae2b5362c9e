"use client";

import { Search, Wrench } from "lucide-react";
import Link from "next/link";
import { parseAsString, useQueryState } from "nuqs";
import type { SourceKind } from "@/lib/api/client";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Input } from "@/ui/field";
import { Empty } from "@/ui/states";
import { count } from "../lib/words";
import { KindIcon } from "./kind-icon";

/** What comes into the graph from a kind of source, as its labels. */
const BRINGS: Record<string, readonly string[]> = {
  git: ["Repository", "Commit", "Author", "File", "Folder", "Branch", "Tag"],
  postgres: ["Schema", "Table", "Column", "View", "Index"],
  csv: ["Your labels"],
  json: ["Your labels"],
};

/** The kinds of sources as tiles, found by typing. */
export function Gallery({ kinds }: { kinds: readonly SourceKind[] }) {
  const [q, setQ] = useQueryState("q", parseAsString.withDefault(""));
  const found = kinds
    .filter((kind) => matches(kind, q))
    .toSorted((one, other) => rank(one) - rank(other));
  return (
    <div className="grid gap-4">
      <div className="relative max-w-sm">
        <Search
          className="pointer-events-none absolute top-2.5 left-3 size-4 text-muted"
          aria-hidden
        />
        <Input
          type="search"
          aria-label="Search the kinds of sources"
          placeholder="Search"
          className="pl-9"
          value={q}
          onChange={({ target }) => void setQ(target.value || null)}
        />
      </div>
      <p role="status" className="sr-only">
        {count(found.length, "kind of source", "kinds of sources")}
      </p>
      {found.length === 0 && (
        <Empty
          icon={Search}
          title={`Nothing for “${q}”`}
          action={<Button onClick={() => void setQ(null)}>Clear the search</Button>}
        >
          Anything with an HTTP API can be called as HTTP API; anything else can come as a file.
        </Empty>
      )}
      <ul className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
        {found.map((kind) => (
          <Tile key={kind.source_type} kind={kind} />
        ))}
      </ul>
    </div>
  );
}

function Tile({ kind }: { kind: SourceKind }) {
  return (
    <li className="relative grid grid-rows-[auto_1fr_auto] gap-3 rounded-lg border bg-surface p-4 transition-colors focus-within:border-accent hover:border-accent">
      <div className="flex items-center gap-3">
        <span className="grid size-9 place-items-center rounded-md border bg-sunken">
          <KindIcon sourceType={kind.source_type} className="size-5" />
        </span>
        <h2 className="font-semibold">
          <Link
            href={`/sources/?new=${kind.source_type}`}
            className="after:absolute after:inset-0 after:rounded-lg"
          >
            {kind.title}
          </Link>
        </h2>
      </div>
      <p className="text-muted">{kind.description}</p>
      <div className="flex flex-wrap gap-1.5">
        {(BRINGS[kind.source_type] ?? []).map((label) => (
          <Badge key={label}>{label}</Badge>
        ))}
        {!kind.syncs && <Badge>tools only</Badge>}
        {kind.tools.length > 0 && (
          <Badge tone="accent" title={kind.tools.map(({ name }) => name).join(", ")}>
            <Wrench aria-hidden /> {count(kind.tools.length, "tool")}
          </Badge>
        )}
      </div>
    </li>
  );
}

/** What needs no account comes first. */
function rank({ source_type: type }: SourceKind): number {
  return type === "git" ? 0 : 1;
}

function matches(kind: SourceKind, q: string): boolean {
  const words = [
    kind.title,
    kind.source_type,
    kind.description,
    ...(BRINGS[kind.source_type] ?? []),
    ...kind.tools.map(({ name }) => name),
  ];
  const text = words.join(" ").toLowerCase();
  return q
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
