"use client";

import { useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useId, useState } from "react";
import { sourcesListOptions } from "@/lib/api/client";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Input } from "@/ui/field";
import { CONNECTOR_TOOL, EFFECTS, isSourceTool, TOOLS } from "../lib/tools";

interface Props {
  /** Null is every tool. */
  value: readonly string[] | null;
  onChange: (value: readonly string[] | null) => void;
  fault: string | undefined;
}

/** What the model may use, with what each may change. */
export function ToolsField({ value, onChange, fault }: Props) {
  const name = useId();
  return (
    <div className="grid gap-3">
      <div role="radiogroup" aria-label="Which tools" className="flex flex-wrap gap-x-6 gap-y-1">
        <label className="flex min-h-6 items-center gap-2">
          <input
            type="radio"
            name={name}
            className="accent-accent"
            checked={value === null}
            onChange={() => onChange(null)}
          />
          Every tool
        </label>
        <label className="flex min-h-6 items-center gap-2">
          <input
            type="radio"
            name={name}
            className="accent-accent"
            checked={value !== null}
            onChange={() =>
              onChange(TOOLS.filter((one) => one.effect === "read").map((one) => one.name))
            }
          />
          Only these
        </label>
      </div>
      {value !== null && <Chosen value={value} onChange={onChange} />}
      {fault && (
        <p role="alert" className="text-xs text-bad">
          {fault}
        </p>
      )}
    </div>
  );
}

interface ChosenProps {
  value: readonly string[];
  onChange: (value: readonly string[]) => void;
}

function Chosen({ value, onChange }: ChosenProps) {
  const toggle = (tool: string) =>
    onChange(value.includes(tool) ? value.filter((one) => one !== tool) : [...value, tool]);
  return (
    <>
      <ul className="grid rounded-md border">
        {TOOLS.map(({ name, effect, does }) => (
          <li key={name} className="border-b last:border-0">
            <label className="flex cursor-pointer items-start gap-3 px-3 py-2 hover:bg-sunken/60">
              <input
                type="checkbox"
                className="mt-1 accent-accent"
                checked={value.includes(name)}
                onChange={() => toggle(name)}
              />
              <span className="min-w-0 flex-1">
                <span className="font-mono text-xs">{name}</span>
                <span className="block text-xs text-muted">{does}</span>
              </span>
              <Badge tone={EFFECTS[effect].tone}>{EFFECTS[effect].name}</Badge>
            </label>
          </li>
        ))}
      </ul>
      <SourceTools value={value} onChange={onChange} />
    </>
  );
}

/** Which tools of which sources: what is named narrows what the one that runs them may run. */
function SourceTools({ value, onChange }: ChosenProps) {
  const list = useId();
  const [draft, setDraft] = useState("");
  const sources = useQuery(sourcesListOptions({ query: { limit: 200 } }));
  const named = value.filter(isSourceTool);

  function add() {
    const entry = draft.trim();
    if (!isSourceTool(entry) || value.includes(entry)) return;
    const runs = value.includes(CONNECTOR_TOOL) ? value : [...value, CONNECTOR_TOOL];
    onChange([...runs, entry]);
    setDraft("");
  }

  return (
    <div className="grid gap-2">
      <p className="text-xs text-muted">
        Tools of sources, as <code className="font-mono">source.tool</code>; either may be{" "}
        <code className="font-mono">*</code>. They are run by{" "}
        <code className="font-mono">{CONNECTOR_TOOL}</code>, which runs any while none is named
        here.
      </p>
      {named.length > 0 && (
        <ul className="flex flex-wrap gap-1.5">
          {named.map((entry) => (
            <li key={entry}>
              <Badge className="font-mono">
                {entry}
                <button
                  type="button"
                  aria-label={`Take away ${entry}`}
                  className="-mr-1.5 grid size-6 place-items-center rounded-full hover:text-text"
                  onClick={() => onChange(value.filter((one) => one !== entry))}
                >
                  <X />
                </button>
              </Badge>
            </li>
          ))}
        </ul>
      )}
      <div className="flex gap-2">
        <Input
          aria-label="Tools of a source"
          list={list}
          placeholder="infra.*"
          className="max-w-72 font-mono text-xs"
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
        />
        <datalist id={list}>
          {sources.data?.items.map(({ id, name }) => (
            <option key={id} value={`${name}.*`} />
          ))}
        </datalist>
        <Button onClick={add} disabled={!isSourceTool(draft)}>
          <Plus /> Add
        </Button>
      </div>
    </div>
  );
}
