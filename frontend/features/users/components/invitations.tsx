"use client";

import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { MailPlus, Trash2 } from "lucide-react";
import { useState } from "react";
import {
  invitesListInfiniteOptions,
  invitesRevokeMutation,
  type InviteView,
} from "@/lib/api/client";
import { paged } from "@/lib/api/paged";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Confirm } from "@/ui/confirm";
import { Fault } from "@/ui/fault";
import { Listing, type Column } from "@/ui/listing";
import { Moment } from "@/ui/moment";
import { Empty } from "@/ui/states";
import { inWords } from "../lib/realms";

interface Props {
  onInvite: () => void;
}

/** Those who may come and have not yet. */
export function Invitations({ onInvite }: Props) {
  const invites = useInfiniteQuery({ ...invitesListInfiniteOptions(), ...paged });
  return (
    <Card>
      <Listing
        label="Open invitations"
        query={invites}
        columns={COLUMNS}
        keyOf={({ id }) => id}
        empty={
          <Empty
            icon={MailPlus}
            title="No open invitation"
            action={
              <Button kind="primary" onClick={onInvite}>
                Invite somebody
              </Button>
            }
          >
            An invitation is a link that you send. It is good for one person, once.
          </Empty>
        }
      />
    </Card>
  );
}

const COLUMNS: Column<InviteView>[] = [
  {
    head: "E-mail",
    cell: ({ email, role }) => (
      <div className="grid">
        <span className="font-medium break-all">{email}</span>
        <span className="text-xs text-muted md:hidden">{role}</span>
      </div>
    ),
  },
  { head: "Role", wide: true, cell: ({ role }) => role },
  { head: "Realms", wide: true, cell: ({ realms }) => inWords(realms) },
  { head: "Made", wide: true, cell: ({ created_at: at }) => <Moment at={at} /> },
  { head: "Runs out", cell: ({ expires_at: at }) => <Moment at={at} /> },
  {
    head: <span className="sr-only">Actions</span>,
    end: true,
    cell: (invite) => <Revoke invite={invite} />,
  },
];

function Revoke({ invite: { id, email } }: { invite: InviteView }) {
  const [asked, setAsked] = useState(false);
  const queries = useQueryClient();
  const revoke = useMutation({
    ...invitesRevokeMutation(),
    meta: { quiet: true },
    onSuccess: () => {
      setAsked(false);
      void queries.invalidateQueries({ queryKey: [{ _id: "invitesList" }] });
    },
  });
  return (
    <>
      <Button
        kind="quiet"
        size="icon-sm"
        aria-label={`Withdraw the invitation of ${email}`}
        title="Withdraw"
        onClick={() => setAsked(true)}
      >
        <Trash2 />
      </Button>
      <Confirm
        open={asked}
        onOpenChange={setAsked}
        title={`Withdraw the invitation of ${email}?`}
        action="Withdraw"
        busy={revoke.isPending}
        onConfirm={() => revoke.mutate({ path: { invite_id: id } })}
      >
        <p>The link that they were sent lets nobody in any more. You can invite them again.</p>
        <Fault error={revoke.error} />
      </Confirm>
    </>
  );
}
