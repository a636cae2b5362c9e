"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Ellipsis, RotateCw, Trash2 } from "lucide-react";
import { useState } from "react";
import { covers, useMe } from "@/features/session";
import {
  apiKeysRevokeMutation,
  apiKeysRotateMutation,
  type ApiKeyView,
  type IssuedKeyView,
} from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/confirm";
import { Dialog } from "@/ui/dialog";
import { Fault } from "@/ui/fault";
import { Field } from "@/ui/field";
import { Menu } from "@/ui/menu";
import { Select } from "@/ui/select";
import { Issued } from "./issued";

type Asked = { kind: "nothing" | "rotate" | "revoke" } | { kind: "issued"; issued: IssuedKeyView };

const NOTHING: Asked = { kind: "nothing" };

/** What can be done with a key, by who may. */
export function KeyActions({ apiKey: { id, name, role } }: { apiKey: ApiKeyView }) {
  const { role: own } = useMe();
  const queries = useQueryClient();
  const [asked, setAsked] = useState<Asked>(NOTHING);
  const refresh = () => void queries.invalidateQueries({ queryKey: [{ _id: "apiKeysList" }] });
  const revoke = useMutation({
    ...apiKeysRevokeMutation(),
    meta: { quiet: true },
    onSuccess: () => {
      setAsked(NOTHING);
      refresh();
    },
  });
  const close = (open: boolean) => !open && setAsked(NOTHING);
  return (
    <>
      <Menu
        trigger={
          <Button kind="quiet" size="icon-sm" aria-label={`What to do with the key ${name}`}>
            <Ellipsis />
          </Button>
        }
        items={
          covers(own, role)
            ? [
                {
                  label: "New secret",
                  icon: RotateCw,
                  onSelect: () => setAsked({ kind: "rotate" }),
                },
                {
                  label: "Revoke",
                  icon: Trash2,
                  danger: true,
                  onSelect: () => setAsked({ kind: "revoke" }),
                },
              ]
            : [{ label: "Its role is above yours", disabled: true, onSelect: () => {} }]
        }
      />
      {asked.kind === "rotate" && (
        <Rotate
          id={id}
          name={name}
          onClose={() => setAsked(NOTHING)}
          onIssued={(issued) => {
            setAsked({ kind: "issued", issued });
            refresh();
          }}
        />
      )}
      {asked.kind === "issued" && (
        <Issued issued={asked.issued} isRotated onDone={() => setAsked(NOTHING)} />
      )}
      <Confirm
        open={asked.kind === "revoke"}
        onOpenChange={close}
        title={`Revoke the API key ${name}?`}
        action="Revoke"
        busy={revoke.isPending}
        onConfirm={() => revoke.mutate({ path: { key_id: id } })}
      >
        <p>
          Whatever uses it is refused within a second, also with a secret that was good for a while
          longer. What it made stays.
        </p>
        <Fault error={revoke.error} />
      </Confirm>
    </>
  );
}

const GRACES = [
  { value: "0", label: "ends at once" },
  { value: "3600", label: "an hour" },
  { value: "86400", label: "a day" },
  { value: "604800", label: "7 days" },
];

interface RotateProps {
  id: string;
  name: string;
  onClose: () => void;
  onIssued: (issued: IssuedKeyView) => void;
}

/** A new secret, and how long the old one is good beside it. */
function Rotate({ id, name, onClose, onIssued }: RotateProps) {
  const [grace, setGrace] = useState("86400");
  const rotate = useMutation({
    ...apiKeysRotateMutation(),
    meta: { quiet: true },
    gcTime: 0,
    onSuccess: onIssued,
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`New secret of ${name}`}
      note="Role, realms and everything else stay"
    >
      <div className="grid gap-5">
        <Field label="The old secret is good for" hint="Time to change it where it is used.">
          {(control) => (
            <Select
              {...control}
              value={grace}
              onChange={(event) => setGrace(event.target.value)}
              options={GRACES}
            />
          )}
        </Field>
        <Fault error={rotate.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            busy={rotate.isPending}
            onClick={() =>
              rotate.mutate({ path: { key_id: id }, body: { grace_secs: Number(grace) } })
            }
          >
            Make a new secret
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
