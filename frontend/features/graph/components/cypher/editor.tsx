"use client";

import { Play } from "lucide-react";
import { useId, useRef, useState, type KeyboardEvent } from "react";
import type { ApiError } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Textarea } from "@/ui/field";
import { Select } from "@/ui/select";
import type { Mark } from "../../lib/fault-place";
import { counted } from "../../lib/names";
import type { Asked } from "../../lib/query-log";
import { QueryLog } from "./query-log";

interface Props {
  query: string;
  onQuery: (query: string) => void;
  params: string;
  onParams: (params: string) => void;
  isBusy: boolean;
  fault: ApiError | null;
  mark: Mark | null;
  asked: readonly Asked[];
  onAsk: (limit: number) => void;
}

const LIMITS = [100, 500, 1_000].map((limit) => ({
  value: String(limit),
  label: `${counted(limit)} rows`,
}));

/** Where a query is written. Ctrl+Enter runs it; a fault is shown at its place. */
export function Editor({
  query,
  onQuery,
  params,
  onParams,
  isBusy,
  fault,
  mark,
  asked,
  onAsk,
}: Props) {
  const editor = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const [withParams, setWithParams] = useState(params !== "");
  const [limit, setLimit] = useState("100");
  const paramsFault = faultOfParams(params);
  const canRun = query.trim() !== "" && !paramsFault;

  function press(event: KeyboardEvent) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    if (canRun && !isBusy) onAsk(Number(limit));
  }

  function goToFault() {
    if (!mark) return;
    editor.current?.focus();
    editor.current?.setSelectionRange(mark.start, mark.end);
  }

  return (
    <section aria-label="Query" className="grid gap-2 border-b bg-surface p-3">
      <Textarea
        ref={editor}
        aria-label="Cypher query"
        aria-invalid={mark ? true : undefined}
        aria-describedby={fault ? `${id}-fault` : undefined}
        spellCheck={false}
        autoCapitalize="off"
        autoCorrect="off"
        rows={Math.min(12, Math.max(3, query.split("\n").length))}
        className="resize-y font-mono text-xs leading-relaxed [font-variant-ligatures:none]"
        value={query}
        onChange={({ target }) => onQuery(target.value)}
        onKeyDown={press}
      />
      {fault && mark && (
        <FaultPlace id={`${id}-fault`} fault={fault} mark={mark} onGo={goToFault} />
      )}
      {withParams && (
        <div className="grid gap-1">
          <Textarea
            aria-label="Parameters, as JSON"
            aria-invalid={paramsFault ? true : undefined}
            placeholder='{"name": "ledger"}'
            spellCheck={false}
            rows={2}
            className="min-h-0 resize-y font-mono text-xs"
            value={params}
            onChange={({ target }) => onParams(target.value)}
            onKeyDown={press}
          />
          {paramsFault && <p className="text-xs text-bad">{paramsFault}</p>}
        </div>
      )}
      <div className="flex flex-wrap items-center gap-2">
        <Button
          kind="primary"
          size="sm"
          busy={isBusy}
          disabled={!canRun}
          onClick={() => onAsk(Number(limit))}
        >
          <Play /> Run
        </Button>
        <span className="hidden text-xs text-muted sm:inline">Ctrl+Enter · reads only</span>
        <span className="ml-auto flex flex-wrap items-center gap-2">
          <Button
            kind="quiet"
            size="sm"
            aria-expanded={withParams}
            onClick={() => setWithParams(!withParams)}
          >
            Parameters
          </Button>
          <Select
            aria-label="Rows at most"
            className="h-8 text-xs"
            options={LIMITS}
            value={limit}
            onChange={({ target }) => setLimit(target.value)}
          />
          <QueryLog
            asked={asked}
            onChoose={(chosen) => {
              onQuery(chosen.query);
              onParams(chosen.params);
              if (chosen.params) setWithParams(true);
              editor.current?.focus();
            }}
          />
        </span>
      </div>
    </section>
  );
}

function faultOfParams(text: string): string | null {
  if (!text.trim()) return null;
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? null : "Parameters are an object, by their names.";
  } catch (error) {
    return error instanceof Error ? error.message : "This is no JSON.";
  }
}

interface FaultPlaceProps {
  id: string;
  fault: ApiError;
  mark: Mark;
  onGo: () => void;
}

/** The line of a fault with the word that is wrong, as compilers show it. */
function FaultPlace({ id, fault, mark, onGo }: FaultPlaceProps) {
  const rest = mark.text.slice(mark.before.length + mark.fault.length);
  return (
    <div id={id} role="alert" className="rounded-md bg-bad-soft px-3 py-2">
      <p className="flex flex-wrap items-baseline justify-between gap-2">
        <span className="font-medium text-bad">{fault.message}</span>
        <button type="button" onClick={onGo} className="min-h-6 rounded text-xs text-bad underline">
          line {mark.line}, column {mark.column}
        </button>
      </p>
      <pre className="mt-1 overflow-x-auto font-mono text-xs">
        {mark.before}
        <mark className="rounded-sm bg-bad text-surface">{mark.fault || " "}</mark>
        {rest}
      </pre>
      <p className="mt-1 text-xs text-muted">
        {fault.code}
        {fault.body.request_id && ` · request ${fault.body.request_id}`}
      </p>
    </div>
  );
}
