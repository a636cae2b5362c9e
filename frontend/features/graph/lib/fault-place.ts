// Where in a query its fault is. Pure.

export interface Place {
  line: number;
  column: number;
  /** In characters, not in the units of JavaScript's strings. */
  offset: number;
}

export interface Mark {
  line: number;
  column: number;
  /** The line of the query, and what of it stands before and in the fault. */
  text: string;
  before: string;
  fault: string;
  /** What to select in the editor. */
  start: number;
  end: number;
}

const WORD = /^[\p{L}\p{N}_]+/u;

/** The place that a refusal names, if it names one. */
export function placeIn(details: unknown): Place | null {
  if (typeof details !== "object" || details === null) return null;
  const { line, column, offset } = details as Record<string, unknown>;
  if (typeof line !== "number" || typeof column !== "number" || typeof offset !== "number")
    return null;
  return { line, column, offset };
}

/** The place in the query as it was sent, in the units of the editor. */
export function mark(query: string, { line, column, offset }: Place): Mark {
  const signs = Array.from(query);
  const start = signs.slice(0, offset).join("").length;
  const lineStart = query.lastIndexOf("\n", start - 1) + 1;
  const lineEnd = query.indexOf("\n", start);
  const text = query.slice(lineStart, lineEnd === -1 ? undefined : lineEnd).replace(/\r$/, "");
  const word = WORD.exec(query.slice(start))?.[0] ?? signs[offset] ?? "";
  const fault = word === "\n" || word === "\r" ? "" : word;
  return {
    line,
    column,
    text,
    before: query.slice(lineStart, start),
    fault,
    start,
    end: start + fault.length,
  };
}
