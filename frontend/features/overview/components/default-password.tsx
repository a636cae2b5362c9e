"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useMe } from "@/features/session";
import { authConfigOptions } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";

/** Said as long as the password that everybody knows is in force. */
export function DefaultPassword() {
  const config = useQuery({ ...authConfigOptions(), staleTime: 60_000 });
  const isTheirs = useMe().platform_admin;
  if (!config.data?.default_login) return null;
  return (
    <Notice
      tone="warn"
      title="The default password is in force."
      action={
        isTheirs && (
          <Button size="sm" asChild>
            <Link href="/account/">Change it</Link>
          </Button>
        )
      }
    >
      Everybody knows it. Until {isTheirs ? "it is changed" : "its administrator changes it"}, this
      server answers to its own machine only.
    </Notice>
  );
}
