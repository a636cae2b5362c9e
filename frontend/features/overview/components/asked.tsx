"use client";

import Link from "next/link";
import { useWaiting, WaitingApprovals } from "@/features/approvals";
import { Button } from "@/ui/button";
import { Card, CardHead } from "@/ui/card";

const SHOWN = 5;

/** What waits for a decision of the person who looks; one line when nothing does. */
export function Asked() {
  const waiting = useWaiting(SHOWN);
  const isNothing = waiting.data?.total === 0;
  return (
    <Card className="[&>header:last-child]:border-b-0">
      <CardHead
        title="Asked of you"
        note={isNothing ? "Nothing waits for your decision." : "Calls that wait for your decision"}
        actions={
          <Button size="sm" asChild>
            <Link href="/approvals/">All approvals</Link>
          </Button>
        }
      />
      {!isNothing && <WaitingApprovals limit={SHOWN} />}
    </Card>
  );
}
