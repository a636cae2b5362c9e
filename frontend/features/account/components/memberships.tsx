"use client";

import Link from "next/link";
import { useMe } from "@/features/session";
import { realmsInWords } from "@/features/users";
import type { MembershipView } from "@/lib/api/client";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card, CardHead } from "@/ui/card";
import { Moment } from "@/ui/moment";

/** The orgs that one is in, and the session in this one. */
export function Memberships({ memberships }: { memberships: readonly MembershipView[] }) {
  const { org, expires_at } = useMe();
  return (
    <Card>
      <CardHead
        title="Organisations"
        note={
          <>
            This session is prolonged while a page is open; left alone it ends{" "}
            <Moment at={expires_at} />
          </>
        }
      />
      <ul className="divide-y">
        {memberships.map(({ org_id, org_name, role, realms }) => (
          <li key={org_id} className="flex items-center justify-between gap-3 px-4 py-3">
            <div className="min-w-0">
              <p className="truncate font-medium">{org_name}</p>
              <p className="text-xs text-muted">
                {role} · {realmsInWords(realms)}
              </p>
            </div>
            {org_id === org.id ? (
              <Badge tone="accent">here</Badge>
            ) : (
              <Button asChild size="sm">
                <Link href={`/login/?org=${org_id}`}>Sign in there</Link>
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}
