"use client";

import type { Trigger } from "@/lib/api/client";
import { SecretDialog } from "@/ui/secret";

interface Props {
  trigger: Trigger;
  secret: string;
  onDone: () => void;
}

/** The secret of a webhook, shown this once. */
export function HookSecret({ trigger, secret, onDone }: Props) {
  return (
    <SecretDialog
      title="The secret of the webhook"
      note="Give it to the system that sends, which signs each request with it."
      secret={secret}
      what="the secret of the webhook"
      onDone={onDone}
    >
      <p className="text-xs text-muted">
        Requests go to <code className="font-mono wrap-anywhere text-text">{trigger.url}</code>. How
        they are signed stands on the page of the task.
      </p>
    </SecretDialog>
  );
}
