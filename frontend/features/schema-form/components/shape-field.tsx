"use client";

import { use, useId } from "react";
import { Field, Input, Textarea } from "@/ui/field";
import { Select } from "@/ui/select";
import { Switch } from "@/ui/switch";
import type { FieldShape } from "../lib/shape";
import { faultAt, isObject, rangeOf } from "../lib/values";
import { FormContext } from "./context";
import { Hint } from "./hint";
import { JsonField } from "./json-field";
import { MapField } from "./map-field";
import { ObjectFields } from "./object-fields";
import { RowsField } from "./rows-field";
import { SecretField } from "./secret-field";

export interface FieldProps {
  field: FieldShape;
  value: unknown;
  /** Undefined takes it away. */
  onChange: (value: unknown) => void;
  path: string;
}

/** One field of a form, drawn as its shape asks. */
export function ShapeField(props: FieldProps) {
  const { field, value, onChange, path } = props;
  const { shape, label } = field;
  switch (shape.kind) {
    case "text":
      return shape.secret ? <SecretField {...props} /> : <TextField {...props} />;
    case "number":
      return <TextField {...props} />;
    case "texts":
      return <TextsField {...props} />;
    case "flag":
      return <FlagField {...props} />;
    case "choice":
      return <ChoiceField {...props} options={shape.options} />;
    case "map":
      return (
        <MapField
          label={label}
          hint={field.hint}
          of={shape.of}
          value={isObject(value) ? value : {}}
          onChange={onChange}
          path={path}
        />
      );
    case "objects":
      return <RowsField {...props} item={shape.item} />;
    case "object":
      return (
        <fieldset className="grid min-w-0 gap-3 rounded-md border p-3">
          <legend className="px-1 font-medium">{label}</legend>
          {field.hint && (
            <p className="text-xs text-muted">
              <Hint text={field.hint} />
            </p>
          )}
          <ObjectFields
            shape={shape.object}
            value={isObject(value) ? value : {}}
            onChange={onChange}
            path={path}
          />
        </fieldset>
      );
    case "json":
      return <JsonField {...props} />;
  }
}

function written({ initial, shape }: FieldShape): string | undefined {
  if (shape.kind === "text" && shape.example) return shape.example;
  return typeof initial === "string" || typeof initial === "number" ? String(initial) : undefined;
}

function TextField({ field, value, onChange, path }: FieldProps) {
  const { faults, suggest, disabled } = use(FormContext);
  const list = useId();
  const { shape } = field;
  const isNumber = shape.kind === "number";
  const range = isNumber ? rangeOf(shape) : undefined;
  const options = suggest[path.replace(/\[\d+\]/g, "[]")] ?? [];

  function change(text: string) {
    if (text === "") onChange(undefined);
    else
      onChange(isNumber && text.trim() !== "" && !Number.isNaN(Number(text)) ? Number(text) : text);
  }

  return (
    <Field
      label={field.label}
      hint={<Hint text={field.hint} note={range && `${range}.`} />}
      fault={faultAt(faults, path, true)}
    >
      {(control) => (
        <>
          <Input
            {...control}
            value={typeof value === "string" || typeof value === "number" ? String(value) : ""}
            onChange={(event) => change(event.target.value)}
            placeholder={written(field)}
            inputMode={isNumber ? "numeric" : undefined}
            list={options.length > 0 ? list : undefined}
            disabled={disabled}
            autoComplete="off"
            spellCheck={false}
          />
          {options.length > 0 && (
            <datalist id={list}>
              {options.map((option) => (
                <option key={option} value={option} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}

function TextsField({ field, value, onChange, path }: FieldProps) {
  const { faults, disabled } = use(FormContext);
  const lines = Array.isArray(value) ? value : typeof value === "string" ? [value] : [];
  return (
    <Field
      label={field.label}
      hint={<Hint text={field.hint} note="One a line." />}
      fault={faultAt(faults, path, true)}
    >
      {(control) => (
        <Textarea
          {...control}
          className="field-sizing-content min-h-9 py-1.5"
          rows={1}
          value={lines.join("\n")}
          onChange={({ target }) => onChange(target.value ? target.value.split("\n") : undefined)}
          disabled={disabled}
          spellCheck={false}
        />
      )}
    </Field>
  );
}

function FlagField({ field, value, onChange, path }: FieldProps) {
  const { faults, disabled } = use(FormContext);
  const isOn = typeof value === "boolean" ? value : field.initial === true;
  return (
    <Field label={field.label} hint={<Hint text={field.hint} />} fault={faultAt(faults, path)}>
      {(control) => (
        <Switch {...control} checked={isOn} onCheckedChange={onChange} disabled={disabled} />
      )}
    </Field>
  );
}

function ChoiceField({
  field,
  value,
  onChange,
  path,
  options,
}: FieldProps & { options: readonly unknown[] }) {
  const { faults, disabled } = use(FormContext);
  const blank = { value: "", label: typeof field.initial === "string" ? field.initial : "" };
  const at = options.indexOf(value);
  return (
    <Field label={field.label} hint={<Hint text={field.hint} />} fault={faultAt(faults, path)}>
      {(control) => (
        <Select
          {...control}
          options={[
            blank,
            ...options.map((option, index) => ({ value: String(index), label: String(option) })),
          ]}
          value={at < 0 ? "" : String(at)}
          onChange={({ target }) =>
            onChange(target.value === "" ? undefined : options[Number(target.value)])
          }
          disabled={disabled}
        />
      )}
    </Field>
  );
}
