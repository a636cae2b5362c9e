"use client";

import { use, useState } from "react";
import { labelOf, type FieldShape, type ObjectShape, type Values } from "../lib/shape";
import { chosenOf, faultAt, join } from "../lib/values";
import { Alternatives } from "./alternatives";
import { FormContext } from "./context";
import { MapField } from "./map-field";
import { ShapeField } from "./shape-field";

interface Props {
  shape: ObjectShape;
  value: Values;
  onChange: (value: Values) => void;
  path: string;
  lead?: readonly string[];
  folds?: boolean;
}

/** The fields of an object: first what is needed, then what may be left out. */
export function ObjectFields({ shape, value, onChange, path, lead = [], folds = false }: Props) {
  const { faults } = use(FormContext);
  const chosen = chosenOf(shape, value);
  const { first, more } = placed(shape, chosen, lead, folds);
  const [isOpen, setOpen] = useState(() => more.some(({ name }) => value[name] !== undefined));
  const hasFault = more.some(({ name }) => faultAt(faults, join(path, name), true));
  const own = faults.get(path);

  function draw(field: FieldShape, isOptional: boolean) {
    return (
      <ShapeField
        key={field.name}
        field={
          isOptional && field.shape.kind !== "flag"
            ? { ...field, label: `${field.label} (optional)` }
            : field
        }
        value={value[field.name]}
        // Of several ways to say the same the chosen one stays chosen while it is blank.
        onChange={(given) =>
          onChange(changed(value, field.name, field.name === chosen ? (given ?? "") : given))
        }
        path={join(path, field.name)}
      />
    );
  }

  return (
    <div className="grid gap-4">
      {own && (
        <p role="alert" className="text-xs text-bad">
          {own}
        </p>
      )}
      {chosen && (
        <Alternatives
          fields={shape.fields.filter(({ name }) => shape.alternatives.includes(name))}
          chosen={chosen}
          onChoose={(name) => onChange(instead(value, shape.alternatives, name))}
        />
      )}
      {first.map((field) => draw(field, !field.required && field.name !== chosen))}
      {shape.open && (
        <MapField
          label={openLabel(shape.open.prefix)}
          hint={shape.open.hint}
          prefix={shape.open.prefix}
          of={shape.open.of}
          value={openPart(shape, value)}
          onChange={(open) => onChange({ ...closedPart(shape, value), ...open })}
          path={path}
        />
      )}
      {more.length > 0 && (
        <details
          open={isOpen || hasFault}
          onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
          className="rounded-md border"
        >
          <summary className="cursor-pointer rounded-md px-3 py-2 font-medium text-muted hover:text-text">
            More settings <span className="tabular-nums">({more.length})</span>
          </summary>
          <div className="grid gap-4 border-t p-3">{more.map((field) => draw(field, false))}</div>
        </details>
      )}
    </div>
  );
}

/** What begins with "header." are headers. */
function openLabel(prefix: string): string {
  const word = prefix.replace(/[^A-Za-z]+$/, "");
  return word ? `${labelOf(word)}s` : "More";
}

function placed(
  { fields, alternatives }: ObjectShape,
  chosen: string | undefined,
  lead: readonly string[],
  folds: boolean,
) {
  const shown = fields.filter(({ name }) => name === chosen || !alternatives.includes(name));
  const rank = ({ name, required }: FieldShape) => {
    const at = lead.indexOf(name);
    if (name === chosen) return -1;
    return at >= 0 ? at : required ? lead.length : lead.length + 1;
  };
  const sorted = shown.toSorted((one, other) => rank(one) - rank(other));
  const isFolded = (field: FieldShape) => folds && rank(field) > lead.length;
  return {
    first: sorted.filter((field) => !isFolded(field)),
    more: sorted.filter(isFolded),
  };
}

function changed(value: Values, name: string, given: unknown): Values {
  if (given !== undefined) return { ...value, [name]: given };
  const rest = { ...value };
  delete rest[name];
  return rest;
}

function instead(value: Values, alternatives: readonly string[], name: string): Values {
  const kept = Object.entries(value).filter(([key]) => !alternatives.includes(key));
  return { ...Object.fromEntries(kept), [name]: "" };
}

function closedPart({ fields }: ObjectShape, value: Values): Values {
  const known = new Set(fields.map(({ name }) => name));
  return Object.fromEntries(Object.entries(value).filter(([name]) => known.has(name)));
}

function openPart({ fields }: ObjectShape, value: Values): Values {
  const known = new Set(fields.map(({ name }) => name));
  return Object.fromEntries(Object.entries(value).filter(([name]) => !known.has(name)));
}
