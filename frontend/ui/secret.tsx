"use client";

import { Dialog as Primitive } from "radix-ui";
import type { ReactNode } from "react";
import { Button } from "./button";
import { Code } from "./code";
import { useFocusReturn } from "./focus-return";

interface Props {
  title: string;
  /** What the secret is good for. */
  note: ReactNode;
  /** It lives in the state of whoever shows this, and nowhere else. */
  secret: string;
  /** What it is: "the API key". */
  what: string;
  onDone: () => void;
  /** How it is used. */
  children?: ReactNode;
}

/** A secret that is shown this once. Neither Escape nor a press beside it closes what would be lost. */
export function SecretDialog({ title, note, secret, what, onDone, children }: Props) {
  const focus = useFocusReturn();
  return (
    <Primitive.Root open>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-40 bg-black/40" />
        <Primitive.Content
          {...focus}
          onEscapeKeyDown={(event) => event.preventDefault()}
          onInteractOutside={(event) => event.preventDefault()}
          className="fixed inset-x-0 bottom-0 z-50 grid max-h-dvh gap-4 overflow-y-auto rounded-t-lg border bg-raised p-5 shadow-xl sm:inset-auto sm:top-1/2 sm:left-1/2 sm:w-full sm:max-w-xl sm:-translate-x-1/2 sm:-translate-y-1/2 sm:rounded-lg"
        >
          <div>
            <Primitive.Title className="text-base font-semibold">{title}</Primitive.Title>
            <Primitive.Description className="text-muted">{note}</Primitive.Description>
          </div>
          <div className="grid gap-1.5">
            <Code label={what} wrap>
              {secret}
            </Code>
            <p className="text-xs text-warn">
              Shown this once. Copy it now: it cannot be shown again.
            </p>
          </div>
          {children}
          <Button kind="primary" className="justify-self-end" onClick={onDone}>
            I have stored it
          </Button>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
