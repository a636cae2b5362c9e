"use client";

import { useQueries } from "@tanstack/react-query";
import { TriangleAlert, X } from "lucide-react";
import { graphNodesReadOptions } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { traceOf, worded } from "@/ui/fault";
import type { Drawn } from "../../hooks/use-drawn";
import type { Viewing } from "../../hooks/use-view";
import { CLEAR, close, drawn as drawnOf, open, writeStep, type Step } from "../../lib/address";
import { counted, nameOf, shortened, shortId } from "../../lib/names";

interface Props {
  viewing: Viewing;
  drawn: Drawn;
  /** Reads again what failed. */
  onRetry: () => void;
}

const MOST = 5_000;

/** What has been opened, in its order; each can be taken back, and says if it was cut. */
export function Path({ viewing: { view, change }, drawn, onRetry }: Props) {
  const { nodes: steps, found } = drawnOf(view);
  const nameOfStep = useStepNames(steps, drawn);
  if (steps.length === 0 && !found) return null;
  const cut = new Set(drawn.cut.map(writeStep));
  const failed = new Map(drawn.failed.map(({ step, error }) => [writeStep(step), error]));
  return (
    <div className="flex min-w-0 flex-1 items-center gap-1 overflow-x-auto">
      <ol aria-label="Opened" className="flex items-center gap-1">
        {found && (
          <Crumb
            name="What was found"
            note={drawn.foundTotal ? `first ${counted(100)} of ${counted(drawn.foundTotal)}` : ""}
            onClose={() => change(steps.length > 0 ? { found: false } : CLEAR)}
          />
        )}
        {steps.map((step) => {
          const key = writeStep(step);
          const wider = { ...step, limit: Math.min(MOST, step.limit * 5) };
          return (
            <Crumb
              key={key}
              name={nameOfStep(step)}
              note={noteOf(step)}
              error={failed.get(key)}
              onRetry={onRetry}
              onClose={() => change(close(view, step))}
              onLook={() => change({ ...drawnOf(view), node: step.id, edge: null })}
            >
              {cut.has(key) && (
                <button
                  type="button"
                  disabled={step.limit >= MOST}
                  title={step.limit < MOST ? `Show up to ${counted(wider.limit)}` : undefined}
                  onClick={() =>
                    change({
                      ...close(view, step),
                      ...open({ ...view, ...close(view, step) }, wider),
                    })
                  }
                  className="flex min-h-6 items-center gap-1 rounded px-1 text-warn hover:bg-warn-soft"
                >
                  <TriangleAlert className="size-3" aria-hidden /> cut at {counted(step.limit)}
                </button>
              )}
            </Crumb>
          );
        })}
      </ol>
      <Button kind="quiet" size="sm" onClick={() => change(CLEAR)}>
        Clear
      </Button>
    </div>
  );
}

/** What was opened is called by its name of now where it is not drawn. */
function useStepNames(steps: readonly Step[], { part }: Drawn) {
  const missing = [...new Set(steps.map(({ id }) => id))].filter((id) => !part.nodes.has(id));
  const read = useQueries({
    queries: missing.map((id) => ({
      ...graphNodesReadOptions({ path: { node_id: id } }),
      retry: false,
    })),
  });
  const names = new Map(read.flatMap(({ data }) => (data ? [[data.id, data] as const] : [])));
  return ({ id }: Step) => {
    const node = part.nodes.get(id) ?? names.get(id);
    return node ? shortened(nameOf(node), 28) : shortId(id);
  };
}

function noteOf({ depth, direction, types }: Step): string {
  const notes = [
    depth > 1 && `${depth} steps`,
    direction !== "both" && direction,
    types.join(", "),
  ];
  return notes.filter(Boolean).join(" · ");
}

interface CrumbProps {
  name: string;
  note: string;
  error?: unknown;
  onRetry?: () => void;
  onClose: () => void;
  onLook?: () => void;
  children?: React.ReactNode;
}

function Crumb({ name, note, error, onRetry, onClose, onLook, children }: CrumbProps) {
  return (
    <li className="flex items-center rounded-md border bg-surface pl-2 text-xs whitespace-nowrap">
      {onLook ? (
        <button type="button" onClick={onLook} className="min-h-6 rounded hover:underline">
          {name}
        </button>
      ) : (
        name
      )}
      {note && <span className="pl-1.5 text-muted">{note}</span>}
      {error !== undefined && (
        <span role="alert" className="flex items-center gap-1.5 pl-1.5 text-bad">
          {worded(error)} <span className="text-muted">{traceOf(error)}</span>
          <button type="button" onClick={onRetry} className="min-h-6 rounded underline">
            Try again
          </button>
        </span>
      )}
      {children}
      <button
        type="button"
        aria-label={`Take back ${name}`}
        onClick={onClose}
        className="grid size-6 place-items-center rounded hover:bg-sunken"
      >
        <X className="size-3" />
      </button>
    </li>
  );
}
