import Link from "next/link";
import type { Citation } from "../lib/log";
import { nodeHref, target } from "../lib/links";

/** Where an answer comes from: numbers that open the node, or the page. */
export function Citations({ citations }: { citations: readonly Citation[] }) {
  if (citations.length === 0) return null;
  const sorted = citations.toSorted((a, b) => a.index - b.index);
  return (
    <ul aria-label="Sources of the answer" className="flex flex-wrap gap-1.5 pt-1">
      {sorted.map((citation) => (
        <li key={citation.index} className="max-w-full">
          <Chip {...citation} />
        </li>
      ))}
    </ul>
  );
}

function Chip({ index, node_id, url, title }: Citation) {
  const look =
    "flex min-h-6 max-w-64 items-center gap-1.5 rounded-full border bg-surface py-0.5 pr-2.5 pl-1 text-xs text-muted";
  const content = (
    <>
      <span className="grid size-4.5 shrink-0 place-items-center rounded-full bg-accent-soft text-[0.65rem] font-semibold text-accent tabular-nums">
        {index}
      </span>
      <span className="truncate">{title}</span>
    </>
  );
  const away = target(url ?? undefined);
  if (node_id) {
    return (
      <Link
        href={nodeHref(node_id)}
        title={`Open ${title} in the graph`}
        className={`${look} hover:bg-sunken hover:text-text`}
      >
        {content}
      </Link>
    );
  }
  if (away.kind !== "away") return <span className={look}>{content}</span>;
  return (
    <a
      href={away.href}
      target="_blank"
      rel="noopener noreferrer nofollow"
      title={away.href}
      className={`${look} hover:bg-sunken hover:text-text`}
    >
      {content}
    </a>
  );
}
