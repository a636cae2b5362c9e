import { createContext } from "react";

interface FormContext {
  faults: ReadonlyMap<string, string>;
  /** What may be typed at a path, offered while typing. */
  suggest: Readonly<Record<string, readonly string[]>>;
  disabled: boolean;
}

/** What every field of a form needs, however deep it is. */
export const FormContext = createContext<FormContext>({
  faults: new Map(),
  suggest: {},
  disabled: false,
});
