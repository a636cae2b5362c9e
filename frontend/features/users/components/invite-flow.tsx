"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useMe } from "@/features/session";
import {
  ApiError,
  invitesCreateMutation,
  type IssuedInviteView,
  type Role,
} from "@/lib/api/client";
import { pageAddress } from "@/lib/address";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Fault } from "@/ui/fault";
import { Field, Input } from "@/ui/field";
import { Moment } from "@/ui/moment";
import { SecretDialog } from "@/ui/secret";
import { Select } from "@/ui/select";
import { RealmsField } from "./realms-field";
import { RoleField } from "./role-field";

const DAY = 86_400;
const EXPIRIES = [
  { value: String(DAY), label: "1 day" },
  { value: String(7 * DAY), label: "7 days" },
  { value: String(30 * DAY), label: "30 days" },
];

interface Props {
  onClose: () => void;
}

/** Invites somebody: who, as what, and then the link, this once. */
export function InviteFlow({ onClose }: Props) {
  const [issued, setIssued] = useState<IssuedInviteView | null>(null);
  if (!issued) return <InviteForm onClose={onClose} onIssued={setIssued} />;
  const query = new URLSearchParams({ invite: issued.token, email: issued.email });
  return (
    <SecretDialog
      title={`Invitation for ${issued.email}`}
      note="Send them this link. It lets them in once, with this e-mail only."
      secret={pageAddress(`/register/?${query}`)}
      what="the link"
      onDone={onClose}
    >
      <p className="text-xs text-muted">
        They join as {issued.role}. The link runs out <Moment at={issued.expires_at} />.
      </p>
    </SecretDialog>
  );
}

interface FormProps {
  onClose: () => void;
  onIssued: (invite: IssuedInviteView) => void;
}

function InviteForm({ onClose, onIssued }: FormProps) {
  const { realms: own } = useMe();
  const queries = useQueryClient();
  const [role, setRole] = useState<Role>("member");
  const [realms, setRealms] = useState(own);
  const create = useMutation({
    ...invitesCreateMutation(),
    meta: { quiet: true },
    // The answer holds the token: it stays in this mutation no longer than the form is shown.
    gcTime: 0,
    onSuccess: (invite) => {
      onIssued(invite);
      void queries.invalidateQueries({ queryKey: [{ _id: "invitesList" }] });
    },
  });
  const faults = create.error instanceof ApiError ? create.error.fields : null;
  const isTaken = create.error instanceof ApiError && create.error.code === "taken";

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    create.mutate({
      body: {
        email: String(form.get("email")),
        expires_in_secs: Number(form.get("expiry")),
        role,
        realms,
      },
    });
  }

  return (
    <Dialog open onOpenChange={onClose} title="Invite somebody" note="You get a link to send them">
      <form onSubmit={submit} className="grid gap-5">
        <Field
          label="E-mail"
          fault={
            isTaken
              ? "Is a member already, or was invited and has not come yet."
              : faults?.get("email")
          }
        >
          {(control) => (
            <Input {...control} name="email" type="email" autoComplete="off" required />
          )}
        </Field>
        <RoleField value={role} onChange={setRole} fault={faults?.get("role")} />
        <RealmsField value={realms} onChange={setRealms} fault={faults?.get("realms")} />
        <Field label="Good for" fault={faults?.get("expires_in_secs")}>
          {(control) => (
            <Select {...control} name="expiry" defaultValue={String(7 * DAY)} options={EXPIRIES} />
          )}
        </Field>
        <Fault error={create.error} beside={["email", "role", "realms", "expires_in_secs"]} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={create.isPending}>
            Make the link
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
