"use client";

import Link from "next/link";
import type { Conversation } from "@/lib/api/client";
import { cn } from "@/lib/cn";
import { Moment } from "@/ui/moment";
import { useAgentName } from "../hooks/use-names";
import { LazyMenu } from "./lazy-menu";

interface Props {
  conversation: Conversation;
  isSelected: boolean;
  /** What the list is searched for, which stays in the address. */
  sought: string;
  onFollow?: () => void;
}

/** One conversation of the list: what it is about, who answers, and what can be done with it. */
export function ConversationRow({ conversation, isSelected, sought, onFollow }: Props) {
  const { id, title, agent_id, active_run_id, updated_at, owner } = conversation;
  const agent = useAgentName(agent_id);
  const rest = sought ? `&q=${encodeURIComponent(sought)}` : "";
  const name = title || "New conversation";
  return (
    <li
      className={cn(
        "group relative rounded-md hover:bg-sunken",
        isSelected && "bg-accent-soft hover:bg-accent-soft",
      )}
    >
      <Link
        href={`/chat/?conversation=${id}${rest}`}
        aria-current={isSelected ? "page" : undefined}
        className="grid grid-cols-[minmax(0,1fr)] gap-0.5 rounded-md px-2.5 py-2 pr-9"
        {...(onFollow && { onClick: onFollow })}
      >
        <span className="flex items-center gap-2">
          {active_run_id && (
            <span
              className="size-2 shrink-0 animate-pulse rounded-full bg-accent"
              title="Being answered"
            >
              <span className="sr-only">Being answered:</span>
            </span>
          )}
          <span className={cn("truncate", isSelected && "font-medium text-accent")}>{name}</span>
        </span>
        <span className="flex gap-1.5 truncate text-xs text-muted">
          <Moment at={updated_at} />
          {agent && <span className="truncate">· {agent}</span>}
          {!owner && <span>· of a task</span>}
        </span>
      </Link>
      <span className="absolute top-1.5 right-1.5 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 has-data-[state=open]:opacity-100 pointer-coarse:opacity-100">
        <LazyMenu conversation={conversation} isOpen={isSelected} />
      </span>
    </li>
  );
}
