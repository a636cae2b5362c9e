"use client";

import type { IssuedKeyView } from "@/lib/api/client";
import { Code } from "@/ui/code";
import { SecretDialog } from "@/ui/secret";

interface Props {
  issued: IssuedKeyView;
  /** Whether it is a new secret of a key that was there before. */
  isRotated?: boolean;
  onDone: () => void;
}

/** A key with its secret, this once, and how it is shown to the API. */
export function Issued({ issued: { key, name, role }, isRotated, onDone }: Props) {
  const command = `curl ${window.location.origin}/api/v1/auth/me \\\n  -H "Authorization: Bearer ${key}"`;
  return (
    <SecretDialog
      title={isRotated ? `New secret of ${name}` : `API key ${name}`}
      note={`It acts as ${role}. Keep it like a password.`}
      secret={key}
      what="the API key"
      onDone={onDone}
    >
      <div className="grid gap-1.5">
        <p className="font-medium">Try it</p>
        <Code label="the command">{command}</Code>
      </div>
    </SecretDialog>
  );
}
