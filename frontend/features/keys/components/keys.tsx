"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useQueryState } from "nuqs";
import { covers, useMe } from "@/features/session";
import { realmsInWords } from "@/features/users";
import { apiKeysListInfiniteOptions, type ApiKeyView } from "@/lib/api/client";
import { paged } from "@/lib/api/paged";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Listing, type Column } from "@/ui/listing";
import { Moment } from "@/ui/moment";
import { Notice } from "@/ui/notice";
import { Page } from "@/ui/page";
import { Empty } from "@/ui/states";
import { CreateFlow } from "./create-flow";
import { KeyActions } from "./key-actions";

/** What programs show instead of a session. */
export function Keys() {
  const [isNew, setNew] = useQueryState("new");
  const isAdmin = covers(useMe().role, "admin");
  if (!isAdmin) {
    return (
      <Page title="API keys">
        <Notice title="For admins">Ask an admin of your organisation for a key.</Notice>
      </Page>
    );
  }
  const create = () => void setNew("1");
  return (
    <Page
      title="API keys"
      note="What programs show instead of a session. They belong to the organisation."
      actions={
        <Button kind="primary" onClick={create}>
          <Plus /> New API key
        </Button>
      }
    >
      <KeyList onCreate={create} />
      {isNew !== null && <CreateFlow onClose={() => void setNew(null)} />}
    </Page>
  );
}

function KeyList({ onCreate }: { onCreate: () => void }) {
  const keys = useInfiniteQuery({ ...apiKeysListInfiniteOptions(), ...paged });
  return (
    <Card>
      <Listing
        label="API keys"
        query={keys}
        columns={COLUMNS}
        keyOf={({ id }) => id}
        empty={
          <Empty
            icon={KeyRound}
            title="No API key yet"
            action={
              <Button kind="primary" onClick={onCreate}>
                New API key
              </Button>
            }
          >
            A key lets a program read the graph, start agents or connect sources, with a role of its
            own.
          </Empty>
        }
      />
    </Card>
  );
}

const COLUMNS: Column<ApiKeyView>[] = [
  { head: "Key", cell: (key) => <Which apiKey={key} /> },
  { head: "Role", wide: true, cell: ({ role }) => role },
  {
    head: "Scope",
    wide: true,
    cell: ({ realms, can_approve, allowed_ips }) => (
      <div className="grid gap-1">
        <span>{realmsInWords(realms)}</span>
        <span className="flex flex-wrap gap-1 empty:hidden">
          {can_approve && <Badge tone="accent">may approve</Badge>}
          {allowed_ips.length > 0 && (
            <Badge title={allowed_ips.join(", ")}>
              from {allowed_ips.length === 1 ? allowed_ips[0] : `${allowed_ips.length} networks`}
            </Badge>
          )}
        </span>
      </div>
    ),
  },
  { head: "Runs out", wide: true, cell: ({ expires_at: at }) => <Expiry at={at} /> },
  { head: "Last used", cell: ({ last_used_at: at }) => <Moment at={at} /> },
  {
    head: <span className="sr-only">Actions</span>,
    end: true,
    cell: (key) => <KeyActions apiKey={key} />,
  },
];

function Which({ apiKey }: { apiKey: ApiKeyView }) {
  const { name, notes, role, key_fingerprint, previous_until } = apiKey;
  return (
    <div className="grid gap-0.5">
      <span className="flex flex-wrap items-center gap-2 font-medium">
        {name}
        {previous_until && new Date(previous_until) > new Date() && (
          <Badge tone="warn">
            old secret good until <Moment at={previous_until} />
          </Badge>
        )}
      </span>
      <span className="text-xs text-muted">
        <code className="font-mono">{key_fingerprint.slice(0, 12)}</code>
        <span className="md:hidden"> · {role}</span>
        {notes && <> · {notes}</>}
      </span>
    </div>
  );
}

function Expiry({ at }: { at: string | null | undefined }) {
  if (!at) return <span className="text-muted">never</span>;
  if (new Date(at) > new Date()) return <Moment at={at} />;
  return (
    <Badge tone="bad">
      <Moment at={at} />
    </Badge>
  );
}
