"use client";

import { UserPlus } from "lucide-react";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { covers, useMe } from "@/features/session";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { Page } from "@/ui/page";
import { Tabs } from "@/ui/tabs";
import { Invitations } from "./invitations";
import { InviteFlow } from "./invite-flow";
import { Members } from "./members";

const TABS = ["members", "invitations"] as const;

/** Who is in the org, and who may come. */
export function Users() {
  const [tab, setTab] = useQueryState("tab", parseAsStringLiteral(TABS).withDefault("members"));
  const [isNew, setNew] = useQueryState("new");
  const isAdmin = covers(useMe().role, "admin");
  if (!isAdmin) {
    return (
      <Page title="Users">
        <Notice title="For admins">
          Ask an admin of your organisation to change who is in it.
        </Notice>
      </Page>
    );
  }
  const invite = () => void setNew("1");
  return (
    <Page
      title="Users"
      note="Who is in the organisation, and what they may do"
      actions={
        <Button kind="primary" onClick={invite}>
          <UserPlus /> Invite
        </Button>
      }
    >
      <Tabs
        label="Users"
        value={tab}
        onChange={(next) => void setTab(next === "invitations" ? next : null)}
        tabs={[
          { value: "members", label: "Members", content: <Members /> },
          {
            value: "invitations",
            label: "Invitations",
            content: <Invitations onInvite={invite} />,
          },
        ]}
      />
      {isNew !== null && <InviteFlow onClose={() => void setNew(null)} />}
    </Page>
  );
}
