"use client";

import { useState, type FormEvent } from "react";
import { ApiError, type UserView } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Fault } from "@/ui/fault";
import { useMember } from "../hooks/use-member";
import { RealmsField } from "./realms-field";
import { RoleField } from "./role-field";

interface Props {
  user: UserView;
  onClose: () => void;
}

/** What a member may do, and what they see. */
export function MemberDialog({ user, onClose }: Props) {
  const [role, setRole] = useState(user.role);
  const [realms, setRealms] = useState(user.realms);
  const { update } = useMember(onClose);
  const faults = update.error instanceof ApiError ? update.error.fields : null;

  function submit(event: FormEvent) {
    event.preventDefault();
    update.mutate({ path: { user_id: user.id }, body: { role, realms } });
  }

  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Role and realms of ${user.name || user.email}`}
      note="In force within a second, also in what they have open"
    >
      <form onSubmit={submit} className="grid gap-5">
        <RoleField value={role} onChange={setRole} fault={faults?.get("role")} />
        <RealmsField value={realms} onChange={setRealms} fault={faults?.get("realms")} />
        <Fault error={update.error} beside={["role", "realms"]} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={update.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
