"use client";

import { ListFilter, X } from "lucide-react";
import { useState, type FormEvent } from "react";
import { Button } from "@/ui/button";
import { Input } from "@/ui/field";
import { Select } from "@/ui/select";
import type { Viewing } from "../../hooks/use-view";
import { useSources, useStats } from "../../hooks/use-words";
import { toggled, type View } from "../../lib/address";
import { counted } from "../../lib/names";

interface Props {
  view: View;
  change: Viewing["change"];
}

/** What nodes must be to be found: by label, realm, source and property. */
export function Filters({ view, change }: Props) {
  const count =
    view.label.length + view.realm.length + view.property.length + (view.source ? 1 : 0);
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="grid gap-2 border-b p-2">
      <div className="flex flex-wrap items-center gap-1">
        <Button kind="quiet" size="sm" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <ListFilter /> Filters
        </Button>
        <Chips view={view} change={change} />
        {count > 1 && (
          <Button
            kind="quiet"
            size="sm"
            onClick={() => change({ label: [], realm: [], property: [], source: null })}
          >
            Clear
          </Button>
        )}
      </div>
      {isOpen && <Choices view={view} change={change} />}
    </div>
  );
}

function Chips({ view, change }: Props) {
  const { nameOf } = useSources();
  const { label, realm, property, source } = view;
  return (
    <>
      {label.map((it) => (
        <Chip
          key={it}
          what="label"
          name={it}
          onDrop={() => change({ label: toggled(label, it) })}
        />
      ))}
      {realm.map((it) => (
        <Chip
          key={it}
          what="realm"
          name={it}
          onDrop={() => change({ realm: toggled(realm, it) })}
        />
      ))}
      {source && (
        <Chip what="source" name={nameOf(source)} onDrop={() => change({ source: null })} />
      )}
      {property.map((it) => (
        <Chip
          key={it}
          what="property"
          name={it}
          onDrop={() => change({ property: toggled(property, it) })}
        />
      ))}
    </>
  );
}

function Chip({ what, name, onDrop }: { what: string; name: string; onDrop: () => void }) {
  return (
    <span className="flex max-w-full items-center rounded-full bg-accent-soft pl-2.5 text-xs font-medium text-accent">
      <span className="truncate" title={`${what} ${name}`}>
        {name}
      </span>
      <button
        type="button"
        aria-label={`Drop the ${what} ${name}`}
        onClick={onDrop}
        className="grid size-6 shrink-0 place-items-center rounded-full hover:bg-accent/15"
      >
        <X className="size-3" />
      </button>
    </span>
  );
}

function Choices({ view, change }: Props) {
  const stats = useStats();
  const sources = useSources();
  const counts = (of: Record<string, number>, taken: readonly string[]) =>
    Object.entries(of)
      .filter(([name]) => !taken.includes(name))
      .sort(([, one], [, other]) => other - one)
      .map(([value, count]) => ({ value, label: `${value} (${counted(count)})` }));
  const realms = Object.entries(stats.data?.realms ?? {}).map(
    ([realm, { nodes }]) => [realm, nodes] as const,
  );

  function addProperty(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const property = String(new FormData(event.currentTarget).get("property")).trim();
    if (!/^[^:]+:/.test(property)) return;
    change({ property: toggled(view.property, property) });
    event.currentTarget.reset();
  }

  return (
    <div className="grid gap-2">
      <Choice
        name="label"
        options={counts(stats.data?.labels ?? {}, view.label)}
        onChoose={(label) => change({ label: [...view.label, label] })}
      />
      <Choice
        name="realm"
        options={counts(Object.fromEntries(realms), view.realm)}
        onChoose={(realm) => change({ realm: [...view.realm, realm] })}
      />
      <Choice
        name="source"
        options={sources.items.map(({ id, name }) => ({ value: id, label: name }))}
        onChoose={(source) => change({ source })}
      />
      <form onSubmit={addProperty} className="flex gap-1">
        <Input
          name="property"
          aria-label="Property, as name:value"
          placeholder="property:value"
          pattern="[^:]+:.*"
          title="A name, a colon, and the value"
          required
        />
        <Button type="submit">Add</Button>
      </form>
    </div>
  );
}

interface ChoiceProps {
  name: string;
  options: { value: string; label: string }[];
  onChoose: (value: string) => void;
}

function Choice({ name, options, onChoose }: ChoiceProps) {
  return (
    <Select
      aria-label={`Filter by ${name}`}
      value=""
      onChange={({ target }) => target.value && onChoose(target.value)}
      options={[{ value: "", label: `Any ${name}` }, ...options]}
    />
  );
}
