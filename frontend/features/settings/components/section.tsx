import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Card, CardHead } from "@/ui/card";
import { Failure, SkeletonRows } from "@/ui/states";

interface Props<Data> {
  title: string;
  note?: ReactNode;
  actions?: ReactNode;
  query: UseQueryResult<Data, unknown>;
  children: (data: Data) => ReactNode;
}

/** Settings of one kind, once they are read. */
export function Section<Data>({ title, note, actions, query, children }: Props<Data>) {
  return (
    <Card className="max-w-3xl">
      <CardHead title={title} note={note} actions={actions} />
      {query.isPending && <SkeletonRows rows={4} />}
      {query.error !== null && !query.data && (
        <Failure error={query.error} retry={() => void query.refetch()} />
      )}
      {query.data !== undefined && children(query.data)}
    </Card>
  );
}

interface RowProps {
  /** Ties the control to its title. */
  id: string;
  title: ReactNode;
  note: ReactNode;
  children: ReactNode;
}

/** One setting with what it means. */
export function Row({ id, title, note, children }: RowProps) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-64">
        <p id={id} className="font-medium">
          {title}
        </p>
        <p id={`${id}-note`} className="text-xs text-muted">
          {note}
        </p>
      </div>
      {children}
    </div>
  );
}
