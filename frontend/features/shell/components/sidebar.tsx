"use client";

import { useQuery } from "@tanstack/react-query";
import { Search, TriangleAlert } from "lucide-react";
import Link from "next/link";
import { useMe } from "@/features/session";
import { authConfigOptions } from "@/lib/api/client";
import { Key } from "@/ui/key";
import { Account } from "./account";
import { LinkNote } from "./link-note";
import { Navigation } from "./navigation";

interface Props {
  onPalette: () => void;
  onHelp: () => void;
  /** The drawer of a phone closes when a link is followed. */
  onFollow?: () => void;
}

/** What stands beside every page: search, the pages, and who is signed in. */
export function Sidebar({ onPalette, onHelp, onFollow }: Props) {
  return (
    <>
      <p className="px-5 pt-4 pb-3 text-base font-semibold tracking-tight">agentcy</p>
      <div className="px-3 pb-3">
        <button
          type="button"
          onClick={onPalette}
          className="flex h-8 w-full items-center gap-2 rounded-md border bg-ground px-2.5 text-muted hover:text-text"
        >
          <Search className="size-4" aria-hidden /> Search
          <span className="ml-auto hidden gap-0.5 md:flex" aria-hidden>
            <Key>Ctrl</Key>
            <Key>K</Key>
          </span>
        </button>
      </div>
      <Navigation {...(onFollow && { onFollow })} />
      <div className="mt-auto border-t p-3">
        <LinkNote />
        <DefaultLogin onFollow={onFollow} />
        <Account onHelp={onHelp} onFollow={onFollow} />
      </div>
    </>
  );
}

/** The password that everybody knows is still in force. */
function DefaultLogin({ onFollow }: { onFollow: (() => void) | undefined }) {
  const { platform_admin: isTheirs } = useMe();
  const config = useQuery({ ...authConfigOptions(), staleTime: 60_000, enabled: isTheirs });
  if (!isTheirs || !config.data?.default_login) return null;
  return (
    <Link
      href="/account/"
      onClick={onFollow}
      className="mb-2 flex items-center gap-2 rounded-md bg-warn-soft px-2 py-1.5 text-xs font-medium text-warn"
    >
      <TriangleAlert className="size-3.5 shrink-0" aria-hidden /> Change the default password
    </Link>
  );
}
