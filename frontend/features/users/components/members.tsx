"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import { useQueryState } from "nuqs";
import { useMe } from "@/features/session";
import { usersListInfiniteOptions, type UserView } from "@/lib/api/client";
import { paged } from "@/lib/api/paged";
import { useDebounced } from "@/lib/use-debounced";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Input } from "@/ui/field";
import { Listing, type Column } from "@/ui/listing";
import { Moment } from "@/ui/moment";
import { Empty } from "@/ui/states";
import { inWords } from "../lib/realms";
import { MemberActions } from "./member-actions";

const STILL_MS = 250;

/** The members of the org. */
export function Members() {
  const [q, setQ] = useQueryState("q", { defaultValue: "" });
  const { principal } = useMe();
  const sought = useDebounced(q.trim(), STILL_MS);
  const members = useInfiniteQuery({
    ...usersListInfiniteOptions({ query: sought ? { q: sought } : {} }),
    ...paged,
    placeholderData: keepPreviousData,
  });
  const columns: Column<UserView>[] = [
    { head: "Who", cell: (user) => <Who user={user} isMe={user.id === principal} /> },
    { head: "Role", wide: true, cell: ({ role }) => role },
    { head: "Realms", wide: true, cell: ({ realms }) => inWords(realms) },
    { head: "Last seen", wide: true, cell: ({ last_active_at: at }) => <Moment at={at} /> },
    { head: "Joined", wide: true, cell: ({ joined_at: at }) => <Moment at={at} /> },
    {
      head: <span className="sr-only">Actions</span>,
      end: true,
      cell: (user) => <MemberActions user={user} />,
    },
  ];
  return (
    <Card>
      <div className="border-b p-3">
        <Input
          type="search"
          aria-label="Search members"
          placeholder="Name or e-mail"
          className="max-w-xs"
          value={q}
          onChange={(event) => void setQ(event.target.value || null)}
        />
      </div>
      <Listing
        label="Members"
        query={members}
        columns={columns}
        keyOf={({ id }) => id}
        empty={
          <Empty
            icon={SearchX}
            title="Nobody fits"
            action={<Button onClick={() => void setQ(null)}>Show all members</Button>}
          >
            No member has this in their name or e-mail.
          </Empty>
        }
      />
    </Card>
  );
}

function Who({
  user: { name, email, role, disabled, disabled_at },
  isMe,
}: {
  user: UserView;
  isMe: boolean;
}) {
  return (
    <div className="grid min-w-0">
      <span className="flex flex-wrap items-center gap-2 font-medium">
        {name || email}
        {isMe && <Badge>you</Badge>}
        {disabled && (
          <Badge tone="bad">
            disabled <Moment at={disabled_at} />
          </Badge>
        )}
      </span>
      <span className="text-xs break-all text-muted">
        {name && email}
        <span className="md:hidden"> · {role}</span>
      </span>
    </div>
  );
}
