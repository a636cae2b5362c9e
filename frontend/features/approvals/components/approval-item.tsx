"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useEffect, useRef } from "react";
import {
  conversationsApprovalsOptions,
  conversationsReadOptions,
  type Approval,
} from "@/lib/api/client";
import { cn } from "@/lib/cn";
import { Moment } from "@/ui/moment";
import { ApprovalCard } from "./approval-card";

/** How often it is asked what came of a call that was agreed to. */
const ASK_EVERY = 1_500;

interface Props {
  approval: Approval;
  isChosen: boolean;
  onDecided?: (approval: Approval) => void;
}

/** An approval outside its conversation, with the way there. The one that the address names is brought into view. */
export function ApprovalItem({ approval, isChosen, onDecided }: Props) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isChosen) place.current?.scrollIntoView({ block: "center" });
  }, [isChosen]);
  const path = { conversation_id: approval.conversation_id };
  const conversation = useQuery({ ...conversationsReadOptions({ path }), staleTime: 60_000 });
  const isRunning =
    approval.state === "approved" && ["none", "claimed"].includes(approval.effect_state);
  const after = useQuery({
    ...conversationsApprovalsOptions({ path, query: { limit: 50 } }),
    enabled: isRunning,
    refetchInterval: isRunning ? ASK_EVERY : false,
    select: (page) => page.items.find(({ id }) => id === approval.id),
  });
  return (
    <div ref={place} className={cn("rounded-lg", isChosen && "ring-2 ring-accent")}>
      <ApprovalCard
        approval={after.data ?? approval}
        {...(onDecided && { onDecided })}
        aside={
          <>
            Asked <Moment at={approval.created_at} /> in{" "}
            <Link
              href={`/chat/?conversation=${approval.conversation_id}`}
              className="text-accent underline-offset-2 hover:underline"
            >
              {conversation.data?.title || "its conversation"}
            </Link>
          </>
        }
      />
    </div>
  );
}
