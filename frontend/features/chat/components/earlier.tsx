"use client";

import { useMutation } from "@tanstack/react-query";
import { Button } from "@/ui/button";
import type { Conversation } from "../lib/conversation";

/** What was said before what is shown. */
export function Earlier({ conversation }: { conversation: Conversation }) {
  const load = useMutation({ mutationFn: () => conversation.loadEarlier() });
  return (
    <Button
      size="sm"
      className="justify-self-center"
      busy={load.isPending}
      onClick={() => load.mutate()}
    >
      Show what was said before
    </Button>
  );
}
