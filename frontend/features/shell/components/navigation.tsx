"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { cn } from "@/lib/cn";
import { usePages } from "../hooks/use-pages";
import { useWaitingApprovals } from "../hooks/use-waiting-approvals";
import { isOn, type PageLink } from "../lib/pages";

interface Props {
  onFollow?: () => void;
}

/** The way to every page, with what waits there. */
export function Navigation({ onFollow }: Props) {
  const waiting = useWaitingApprovals();
  return (
    <nav aria-label="Pages" className="grid content-start gap-4 overflow-y-auto px-3 py-1">
      {usePages().map(({ name, pages }) => (
        <div key={name} className="grid gap-0.5">
          <h2 className="px-2.5 pb-1 text-xs font-medium text-muted">{name}</h2>
          {pages.map((page) => (
            <NavLink
              key={page.href}
              page={page}
              waiting={page.href === "/approvals/" ? waiting : 0}
              onFollow={onFollow}
            />
          ))}
        </div>
      ))}
    </nav>
  );
}

interface LinkProps {
  page: PageLink;
  waiting: number;
  onFollow: (() => void) | undefined;
}

function NavLink({ page: { href, name, icon: Icon }, waiting, onFollow }: LinkProps) {
  const here = isOn(href, usePathname());
  return (
    <Link
      href={href}
      onClick={onFollow}
      aria-current={here ? "page" : undefined}
      className={cn(
        "flex h-8 items-center gap-3 rounded-md px-2.5 font-medium text-muted transition-colors hover:bg-sunken hover:text-text",
        here && "bg-accent-soft text-accent hover:bg-accent-soft hover:text-accent",
      )}
    >
      <Icon className="size-4" aria-hidden />
      {name}
      {waiting > 0 && (
        <span className="ml-auto rounded-full bg-warn-soft px-1.5 text-xs font-semibold text-warn tabular-nums">
          {waiting > 99 ? "99+" : waiting}
          <span className="sr-only"> waiting</span>
        </span>
      )}
    </Link>
  );
}
