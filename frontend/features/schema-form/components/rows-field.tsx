"use client";

import { Plus, Trash2 } from "lucide-react";
import { use } from "react";
import { Button } from "@/ui/button";
import type { ObjectShape } from "../lib/shape";
import { isObject, join } from "../lib/values";
import { FormContext } from "./context";
import { Hint } from "./hint";
import { ObjectFields } from "./object-fields";
import type { FieldProps } from "./shape-field";

/** A list of objects, each with its own few fields. */
export function RowsField({
  field,
  value,
  onChange,
  path,
  item,
}: FieldProps & { item: ObjectShape }) {
  const { faults, disabled } = use(FormContext);
  const rows = Array.isArray(value) ? value : [];
  const fault = faults.get(path);
  const set = (next: unknown[]) => onChange(next.length > 0 ? next : undefined);
  return (
    <fieldset className="grid min-w-0 gap-2">
      <legend className="mb-1.5 font-medium">{field.label}</legend>
      {(fault ?? field.hint) && (
        <p
          role={fault ? "alert" : undefined}
          className={fault ? "text-xs text-bad" : "text-xs text-muted"}
        >
          {fault ?? <Hint text={field.hint} />}
        </p>
      )}
      {rows.map((row, at) => (
        // Rows have no name of their own, and are only added at the end.
        <div key={at} className="relative rounded-md border p-3 pr-11">
          <ObjectFields
            shape={item}
            value={isObject(row) ? row : {}}
            onChange={(next) => set(rows.with(at, next))}
            path={join(path, at)}
            folds
          />
          <Button
            kind="quiet"
            size="icon-sm"
            className="absolute top-2 right-2"
            aria-label={`Remove ${at + 1} of ${field.label}`}
            disabled={disabled}
            onClick={() => set(rows.toSpliced(at, 1))}
          >
            <Trash2 />
          </Button>
        </div>
      ))}
      <Button size="sm" className="w-fit" disabled={disabled} onClick={() => set([...rows, {}])}>
        <Plus /> Add
      </Button>
    </fieldset>
  );
}
