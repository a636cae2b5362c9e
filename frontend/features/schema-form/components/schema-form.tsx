"use client";

import { useMemo } from "react";
import { shapeOf, type Values } from "../lib/shape";
import { FormContext } from "./context";
import { ObjectFields } from "./object-fields";

interface Props {
  /** A JSON Schema of an object. */
  schema: unknown;
  value: Values;
  onChange: (value: Values) => void;
  /** Where the value lies in what is sent; faults are found by it. */
  path: string;
  faults?: ReadonlyMap<string, string>;
  /** Every text is a secret: shown by nobody, and unchanged while it is a mask. */
  secret?: boolean;
  /** What is asked first, in this order, even if it may be left out. */
  lead?: readonly string[];
  suggest?: Readonly<Record<string, readonly string[]>>;
  disabled?: boolean;
}

const NONE: ReadonlyMap<string, string> = new Map();
const NOTHING = {};
const NO_NAMES: readonly string[] = [];

/** A form for whatever a JSON Schema asks for: settings of a source, arguments of a tool. */
export function SchemaForm({
  schema,
  value,
  onChange,
  path,
  faults = NONE,
  secret = false,
  lead = NO_NAMES,
  suggest = NOTHING,
  disabled = false,
}: Props) {
  const shape = useMemo(() => shapeOf(schema, secret), [schema, secret]);
  const context = useMemo(() => ({ faults, suggest, disabled }), [faults, suggest, disabled]);
  return (
    <FormContext value={context}>
      <ObjectFields
        shape={shape}
        value={value}
        onChange={onChange}
        path={path}
        lead={lead}
        // What is no secret and may be left out is out of the way.
        folds={!secret}
      />
    </FormContext>
  );
}
