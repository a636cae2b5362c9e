"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useMe } from "@/features/session";
import { RealmsField, RoleField } from "@/features/users";
import { ApiError, apiKeysCreateMutation, type IssuedKeyView } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Fault } from "@/ui/fault";
import { Field, Input, Textarea } from "@/ui/field";
import { Select } from "@/ui/select";
import { Switch } from "@/ui/switch";
import { addressFault, toCreate, type KeyForm } from "../lib/key-form";
import { Issued } from "./issued";

const EXPIRIES = [
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "a year" },
  { value: "", label: "no end" },
];

interface Props {
  onClose: () => void;
}

/** Makes a key: what it may do, and then its secret, this once. */
export function CreateFlow({ onClose }: Props) {
  const [issued, setIssued] = useState<IssuedKeyView | null>(null);
  if (issued) return <Issued issued={issued} onDone={onClose} />;
  return <CreateForm onClose={onClose} onIssued={setIssued} />;
}

interface FormProps {
  onClose: () => void;
  onIssued: (issued: IssuedKeyView) => void;
}

function CreateForm({ onClose, onIssued }: FormProps) {
  const { realms } = useMe();
  const queries = useQueryClient();
  const [form, setForm] = useState<KeyForm>({
    name: "",
    notes: "",
    role: "member",
    realms,
    canApprove: false,
    days: 90,
    addresses: "",
  });
  const change = (part: Partial<KeyForm>) => setForm((before) => ({ ...before, ...part }));
  const create = useMutation({
    ...apiKeysCreateMutation(),
    meta: { quiet: true },
    // The answer holds the secret: nothing keeps it but who shows it.
    gcTime: 0,
    onSuccess: (issued) => {
      onIssued(issued);
      void queries.invalidateQueries({ queryKey: [{ _id: "apiKeysList" }] });
    },
  });
  const faults = create.error instanceof ApiError ? create.error.fields : new Map();
  const isTaken = create.error instanceof ApiError && create.error.code === "taken";
  const addresses = addressFault(faults, form.addresses);

  function submit(event: FormEvent) {
    event.preventDefault();
    create.mutate({ body: toCreate(form, new Date()) });
  }

  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="New API key"
      note="Its secret is shown once, when it is made"
    >
      <form onSubmit={submit} className="grid gap-5">
        <Field
          label="Name"
          hint="Which program uses it."
          fault={isTaken ? "Another key has this name." : faults.get("name")}
        >
          {(control) => (
            <Input
              {...control}
              value={form.name}
              onChange={(event) => change({ name: event.target.value })}
              maxLength={100}
              autoComplete="off"
              required
            />
          )}
        </Field>
        <RoleField
          value={form.role}
          onChange={(role) => change({ role })}
          fault={faults.get("role")}
        />
        <RealmsField
          value={form.realms}
          onChange={(next) => change({ realms: next })}
          fault={faults.get("realms")}
        />
        <Field label="Runs out after" fault={faults.get("expires_at")}>
          {(control) => (
            <Select
              {...control}
              value={form.days === null ? "" : String(form.days)}
              onChange={({ target: { value } }) => change({ days: value ? Number(value) : null })}
              options={EXPIRIES}
            />
          )}
        </Field>
        <div className="flex items-center justify-between gap-4">
          <div>
            <p id="can-approve" className="font-medium">
              May decide approvals
            </p>
            <p className="text-xs text-muted">
              Off: what an agent wants to change waits for a person.
            </p>
          </div>
          <Switch
            aria-labelledby="can-approve"
            checked={form.canApprove}
            onCheckedChange={(canApprove) => change({ canApprove })}
          />
        </div>
        <details className="group" open={addresses !== undefined || undefined}>
          <summary className="w-fit cursor-pointer rounded font-medium text-muted select-none hover:text-text">
            Addresses and notes
          </summary>
          <div className="mt-4 grid gap-5">
            <Field
              label="Good from"
              hint="Addresses or networks such as 10.0.0.0/8. Anywhere when empty."
              fault={addresses}
            >
              {(control) => (
                <Textarea
                  {...control}
                  className="min-h-16 font-mono text-xs"
                  spellCheck={false}
                  value={form.addresses}
                  onChange={(event) => change({ addresses: event.target.value })}
                />
              )}
            </Field>
            <Field label="Notes" fault={faults.get("notes")}>
              {(control) => (
                <Input
                  {...control}
                  value={form.notes}
                  onChange={(event) => change({ notes: event.target.value })}
                />
              )}
            </Field>
          </div>
        </details>
        <Fault error={create.error} beside={besideOf(faults)} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={create.isPending}>
            Make the key
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const FIELDS = ["name", "notes", "role", "realms", "expires_at"];

function besideOf(faults: ReadonlyMap<string, string>): string[] {
  return [...FIELDS, ...[...faults.keys()].filter((path) => path.startsWith("allowed_ips"))];
}
