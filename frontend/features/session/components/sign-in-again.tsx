"use client";

import { useQueryClient } from "@tanstack/react-query";
import { usePathname, useSearchParams } from "next/navigation";
import { Dialog } from "radix-ui";
import type { MeView, SessionView } from "@/lib/api/client";
import { leaveFor } from "@/lib/address";
import { useLink } from "@/lib/live";
import { Button } from "@/ui/button";
import { useFocusReturn } from "@/ui/focus-return";
import { signInAddress } from "../lib/destination";
import { SignInForm } from "./sign-in-form";

/** Over a page whose session ended elsewhere: signed in again, one goes on where one was, with all that was typed. */
export function SignInAgain({ me }: { me: MeView }) {
  const queries = useQueryClient();
  const { wake } = useLink();
  const focus = useFocusReturn();
  const here = signInAddress(usePathname(), useSearchParams().toString());

  function goOn({ user }: SessionView) {
    // What is on the page belongs to somebody else.
    if (user.id !== me.user?.id || user.org_id !== me.org.id) return window.location.reload();
    void queries.invalidateQueries();
    wake();
  }

  return (
    <Dialog.Root open>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-50 bg-black/50" />
        <Dialog.Content
          onEscapeKeyDown={(event) => event.preventDefault()}
          onInteractOutside={(event) => event.preventDefault()}
          onOpenAutoFocus={(event) => {
            focus.onOpenAutoFocus();
            toPassword(event);
          }}
          onCloseAutoFocus={focus.onCloseAutoFocus}
          className="fixed inset-x-4 top-1/2 z-50 mx-auto grid max-w-sm -translate-y-1/2 gap-5 rounded-lg border bg-raised p-6 shadow-xl"
        >
          <div>
            <Dialog.Title className="text-lg font-semibold tracking-tight">
              Your session has ended
            </Dialog.Title>
            <Dialog.Description className="text-muted">
              Sign in again to go on. Nothing on this page is lost.
            </Dialog.Description>
          </div>
          <SignInForm email={me.user?.email ?? ""} orgId={me.org.id} onSignedIn={goOn} />
          <Button kind="quiet" size="sm" onClick={() => leaveFor(here)}>
            Sign in as somebody else
          </Button>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** Who it is, is known already. */
function toPassword(event: Event) {
  const password = (event.target as HTMLElement).querySelector<HTMLElement>("[name=password]");
  if (!password) return;
  event.preventDefault();
  password.focus();
}
