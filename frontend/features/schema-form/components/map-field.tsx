"use client";

import { Plus, Trash2 } from "lucide-react";
import { use, useState } from "react";
import { Button } from "@/ui/button";
import { Input } from "@/ui/field";
import { Select } from "@/ui/select";
import type { Shape, Values } from "../lib/shape";
import { faultAt, isMask } from "../lib/values";
import { FormContext } from "./context";
import { Hint } from "./hint";

interface Props {
  label: string;
  hint?: string | undefined;
  /** What every name begins with, and nobody types. */
  prefix?: string;
  of: Shape;
  value: Values;
  onChange: (value: Values) => void;
  path: string;
}

interface Row {
  name: string;
  value: unknown;
  /** What a stored secret was when the form was opened. */
  stored?: unknown;
}

/** Names with values: headers, types of columns. */
export function MapField({ label, hint, prefix = "", of, value, onChange, path }: Props) {
  const { faults, disabled } = use(FormContext);
  const [rows, setRows] = useState(() => rowsOf(value, prefix));
  const names = rows.map(({ name }) => name).filter(Boolean);
  const isTwice = new Set(names).size < names.length;
  const fault = isTwice ? "A name stands here twice." : deepFault(faults, path, prefix);

  // Whoever types the beginning too means the same.
  const full = (name: string) => (name.startsWith(prefix) ? name : prefix + name);

  function change(next: readonly Row[]) {
    setRows([...next]);
    const before = Object.keys(value).filter((name) => isMask(value[name]));
    const gone = before.filter((name) => !next.some((row) => full(row.name) === name));
    onChange({
      // A stored secret that is taken out of the list is taken away.
      ...Object.fromEntries(gone.map((name) => [name, null])),
      ...Object.fromEntries(
        next.filter(({ name }) => name).map((row) => [full(row.name), row.value]),
      ),
    });
  }

  const change1 = (at: number, part: Partial<Row>) =>
    change(rows.map((row, index) => (index === at ? { ...row, ...part } : row)));

  return (
    <fieldset className="grid min-w-0 gap-2">
      <legend className="mb-1.5 font-medium">{label}</legend>
      {(fault ?? hint) && (
        <p
          role={fault ? "alert" : undefined}
          className={fault ? "text-xs text-bad" : "text-xs text-muted"}
        >
          {fault ?? <Hint text={hint} />}
        </p>
      )}
      {rows.map((row, at) => (
        <div key={at} className="grid grid-cols-[1fr_1fr_auto] gap-2">
          <Input
            aria-label={`Name ${at + 1} of ${label}`}
            placeholder="Name"
            value={row.name}
            onChange={({ target }) => change1(at, { name: target.value })}
            disabled={disabled}
          />
          <ValueInput
            label={`Value ${at + 1} of ${label}`}
            of={of}
            row={row}
            onChange={(given) => change1(at, { value: given })}
          />
          <Button
            kind="quiet"
            size="icon"
            aria-label={`Remove ${row.name || at + 1} of ${label}`}
            disabled={disabled}
            onClick={() => change(rows.toSpliced(at, 1))}
          >
            <Trash2 />
          </Button>
        </div>
      ))}
      <Button
        size="sm"
        className="w-fit"
        disabled={disabled}
        onClick={() => setRows([...rows, { name: "", value: "" }])}
      >
        <Plus /> Add
      </Button>
    </fieldset>
  );
}

interface ValueProps {
  label: string;
  of: Shape;
  row: Row;
  onChange: (value: unknown) => void;
}

function ValueInput({ label, of, row, onChange }: ValueProps) {
  const { disabled } = use(FormContext);
  if (of.kind === "choice") {
    return (
      <Select
        aria-label={label}
        options={["", ...of.options].map((option) => ({
          value: String(option),
          label: String(option),
        }))}
        value={String(row.value ?? "")}
        onChange={({ target }) => onChange(target.value)}
        disabled={disabled}
      />
    );
  }
  const isKept = row.stored !== undefined && row.value === row.stored;
  return (
    <Input
      aria-label={label}
      type={of.kind === "text" && of.secret ? "password" : "text"}
      autoComplete={of.kind === "text" && of.secret ? "new-password" : "off"}
      placeholder={isKept ? String(row.stored) : "Value"}
      value={isKept ? "" : String(row.value ?? "")}
      onChange={({ target }) =>
        onChange(
          of.kind === "number" && target.value !== "" && !Number.isNaN(Number(target.value))
            ? Number(target.value)
            : target.value || (row.stored ?? ""),
        )
      }
      disabled={disabled}
    />
  );
}

function rowsOf(value: Values, prefix: string): Row[] {
  return Object.entries(value).map(([name, given]) => ({
    name: name.startsWith(prefix) ? name.slice(prefix.length) : name,
    value: given,
    stored: isMask(given) ? given : undefined,
  }));
}

function deepFault(faults: ReadonlyMap<string, string>, path: string, prefix: string) {
  if (!prefix) return faultAt(faults, path, true);
  for (const [at, message] of faults) if (at.startsWith(`${path}.${prefix}`)) return message;
  return undefined;
}
