"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, type ReactNode } from "react";
import { graphHistoryInfiniteOptions } from "@/lib/api/client";
import { paged } from "@/lib/api/paged";
import { Button } from "@/ui/button";
import { Moment as When } from "@/ui/moment";
import { Failure, SkeletonRows } from "@/ui/states";
import { useAsserters } from "../../hooks/use-words";
import { timeline, type Moment } from "../../lib/history";
import { inline } from "../../lib/names";

interface Props {
  id: string;
  /** Looks at the whole graph as it was then. */
  onLook: (time: string) => void;
}

/** What happened to a node, when, and who said so; the newest first. */
export function NodeHistory({ id, onLook }: Props) {
  const query = useInfiniteQuery({
    ...graphHistoryInfiniteOptions({ path: { node_id: id } }),
    ...paged,
  });
  const moments = useMemo(
    () => timeline(query.data?.pages.flatMap(({ items }) => items) ?? [], !query.hasNextPage),
    [query.data, query.hasNextPage],
  );
  if (query.isPending) return <SkeletonRows />;
  if (!query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return (
    <div className="px-4 pb-4">
      <ol aria-label="History" className="border-l pl-4">
        {moments.map((moment) => (
          <Entry key={moment.key} moment={moment} onLook={onLook} />
        ))}
      </ol>
      {query.hasNextPage && (
        <Button
          size="sm"
          busy={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          Show older
        </Button>
      )}
    </div>
  );
}

const TITLES: Record<Moment["kind"], string> = {
  appeared: "Appeared",
  changed: "Changed",
  version: "Held",
  ended: "Archived",
  withdrawn: "Found wrong",
};

function Entry({ moment, onLook }: { moment: Moment; onLook: Props["onLook"] }) {
  const spoken = useAsserters();
  return (
    <li className="relative pb-4">
      <span
        aria-hidden
        className={`absolute top-1.5 -left-[1.28rem] size-2 rounded-full ring-4 ring-surface ${TONES[moment.kind]}`}
      />
      <p className="flex items-baseline justify-between gap-2">
        <span className="font-medium">{TITLES[moment.kind]}</span>
        <button
          type="button"
          onClick={() => onLook(moment.at)}
          title="Look at the graph as it was then"
          className="min-h-6 rounded text-xs text-muted hover:text-accent hover:underline"
        >
          <When at={moment.at} />
        </button>
      </p>
      <p className="text-xs text-muted">
        {spoken(moment.by)}
        {moment.learned && (
          <>
            {" · learned "}
            <When at={moment.learned} />
          </>
        )}
      </p>
      <What moment={moment} />
    </li>
  );
}

const TONES: Record<Moment["kind"], string> = {
  appeared: "bg-good",
  changed: "bg-accent",
  version: "bg-muted",
  ended: "bg-warn",
  withdrawn: "bg-bad",
};

function What({ moment }: { moment: Moment }) {
  if (moment.kind !== "changed") return null;
  const { changes, labelsAdded, labelsGone } = moment;
  if (changes.length + labelsAdded.length + labelsGone.length === 0) {
    return <p className="text-xs text-muted">Said again, the same.</p>;
  }
  return (
    <ul className="mt-1 grid gap-1 text-xs">
      {labelsAdded.map((label) => (
        <Line key={`+${label}`} name="label">
          <ins className="text-good no-underline">+ {label}</ins>
        </Line>
      ))}
      {labelsGone.map((label) => (
        <Line key={`-${label}`} name="label">
          <del className="text-bad">{label}</del>
        </Line>
      ))}
      {changes.map(({ name, from, to }) => (
        <Line key={name} name={name}>
          {from !== undefined && <del className="text-bad">{inline(from)}</del>}{" "}
          {to !== undefined && <ins className="text-good no-underline">{inline(to)}</ins>}
        </Line>
      ))}
    </ul>
  );
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <li className="min-w-0 break-words">
      <span className="font-mono text-muted">{name}</span> {children}
    </li>
  );
}
