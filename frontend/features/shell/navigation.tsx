"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { useMe } from "@/features/session";
import { cn } from "@/lib/cn";
import { PAGES, type PageLink } from "./pages";

/** The pages that this person has something to see on. */
export function usePages(): PageLink[] {
  const { role } = useMe();
  const isAdmin = role === "admin" || role === "owner";
  return PAGES.filter((page) => isAdmin || page.role !== "admin");
}

export function Navigation({ onFollow }: { onFollow: () => void }) {
  const path = usePathname();
  return (
    <nav aria-label="Pages" className="grid gap-0.5 overflow-y-auto px-3">
      {usePages().map(({ href, name, icon: Icon }) => {
        const here = href === "/" ? path === "/" : path.startsWith(href);
        return (
          <Link
            key={href}
            href={href}
            onClick={onFollow}
            aria-current={here ? "page" : undefined}
            className={cn(
              "flex items-center gap-3 rounded-md px-2.5 py-2 font-medium text-muted hover:bg-sunken hover:text-text",
              here && "bg-accent-soft text-accent hover:bg-accent-soft hover:text-accent",
            )}
          >
            <Icon className="size-4" aria-hidden />
            {name}
          </Link>
        );
      })}
    </nav>
  );
}
