"use client";

import { Ellipsis, Pencil, UserCheck, UserMinus, UserX } from "lucide-react";
import { useState } from "react";
import { covers, useMe } from "@/features/session";
import { type UserView } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/confirm";
import { Fault } from "@/ui/fault";
import { Menu } from "@/ui/menu";
import { tell } from "@/ui/tell";
import { useMember } from "../hooks/use-member";
import { MemberDialog } from "./member-dialog";

type Asked = "nothing" | "change" | "disable" | "remove";

/** What can be done with a member, by who may. */
export function MemberActions({ user }: { user: UserView }) {
  const { role: own } = useMe();
  const [asked, setAsked] = useState<Asked>("nothing");
  const { update, remove } = useMember(() => setAsked("nothing"));
  const name = user.name || user.email;
  const isAbove = !covers(own, user.role);

  function ask(what: Asked) {
    update.reset();
    remove.reset();
    setAsked(what);
  }

  const state = (disabled: boolean) => ({ path: { user_id: user.id }, body: { disabled } });

  function enable() {
    update.mutate(state(false), { onError: (error) => tell(error) });
  }

  const close = (open: boolean) => !open && setAsked("nothing");
  return (
    <>
      <Menu
        trigger={
          <Button kind="quiet" size="icon-sm" aria-label={`What to do with ${name}`}>
            <Ellipsis />
          </Button>
        }
        items={
          isAbove
            ? [{ label: "Their role is above yours", disabled: true, onSelect: () => {} }]
            : [
                { label: "Change role and realms", icon: Pencil, onSelect: () => ask("change") },
                user.disabled
                  ? { label: "Enable", icon: UserCheck, onSelect: enable }
                  : { label: "Disable", icon: UserX, onSelect: () => ask("disable") },
                { label: "Remove", icon: UserMinus, danger: true, onSelect: () => ask("remove") },
              ]
        }
      />
      {asked === "change" && <MemberDialog user={user} onClose={() => setAsked("nothing")} />}
      <Confirm
        open={asked === "disable"}
        onOpenChange={close}
        title={`Disable ${name}?`}
        action="Disable"
        busy={update.isPending}
        onConfirm={() => update.mutate(state(true))}
      >
        <p>
          Their sessions end within a second, and they cannot sign in until somebody enables them.
          What they made stays.
        </p>
        <Fault error={update.error} />
      </Confirm>
      <Confirm
        open={asked === "remove"}
        onOpenChange={close}
        title={`Remove ${name} from the organisation?`}
        action="Remove"
        busy={remove.isPending}
        onConfirm={() => remove.mutate({ path: { user_id: user.id } })}
      >
        <p>
          Their membership and sessions end. What they made stays, also API keys. Somebody whom your
          issuer names comes back with their next token: disable them to keep them out.
        </p>
        <Fault error={remove.error} />
      </Confirm>
    </>
  );
}
