"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState, type FormEvent } from "react";
import { toast } from "@/ui/toast";
import { useMe } from "@/features/session";
import {
  ApiError,
  authMeQueryKey,
  settingsReadQueryKey,
  settingsUpdateMutation,
  type SettingsView,
} from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Fault } from "@/ui/fault";
import { Field, Input } from "@/ui/field";
import { Switch } from "@/ui/switch";
import { fromSettings, toPatch, type OrganisationForm } from "../lib/organisation-form";
import { Row } from "./section";

const BESIDE = ["name", "timezone", "retention_days", "oidc_issuer"];
const OWNERS = "Only an owner changes it.";

/** The org's settings as they are edited. */
export function OrganisationFields({ view }: { view: SettingsView }) {
  const zones = useId();
  const isOwner = useMe().role === "owner";
  const queries = useQueryClient();
  const [form, setForm] = useState(() => fromSettings(view));
  const change = (part: Partial<OrganisationForm>) => setForm((before) => ({ ...before, ...part }));
  const patch = toPatch(form, view);
  const isChanged = Object.keys(patch).length > 0;
  const save = useMutation({
    ...settingsUpdateMutation(),
    meta: { quiet: true },
    onSuccess: (after) => {
      queries.setQueryData(settingsReadQueryKey(), after);
      void queries.invalidateQueries({ queryKey: authMeQueryKey() });
      toast.success("Saved.");
    },
  });
  const faults = save.error instanceof ApiError ? save.error.fields : null;

  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate({ body: patch });
  }

  return (
    <form onSubmit={submit}>
      <div className="grid gap-5 p-4">
        <Field label="Name" fault={faults?.get("name")}>
          {(control) => (
            <Input
              {...control}
              value={form.name}
              onChange={(event) => change({ name: event.target.value })}
              maxLength={100}
              required
            />
          )}
        </Field>
        <Field
          label="Time zone"
          hint='Whose days agents mean by "today", such as Europe/Berlin.'
          fault={faults?.get("timezone")}
        >
          {(control) => (
            <Input
              {...control}
              list={zones}
              value={form.timezone}
              onChange={(event) => change({ timezone: event.target.value })}
              autoComplete="off"
              required
            />
          )}
        </Field>
        <datalist id={zones}>
          {Intl.supportedValuesOf("timeZone").map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
        <Field
          label="What is over is deleted after (days)"
          hint="1 to 3650. Past versions and archived things of the graph, idle conversations, ended runs and jobs, deliveries. What holds stays, and so does the audit log. Empty deletes nothing, which is how it starts."
          fault={faults?.get("retention_days")}
        >
          {(control) => (
            <Input
              {...control}
              type="number"
              min={1}
              max={3650}
              className="w-40"
              placeholder="never"
              value={form.retention}
              onChange={(event) => change({ retention: event.target.value })}
            />
          )}
        </Field>
        <Field
          label="OpenID Connect issuer"
          hint={isOwner ? "Whose tokens may name this organisation. Empty is none." : OWNERS}
          fault={faults?.get("oidc_issuer")}
        >
          {(control) => (
            <Input
              {...control}
              value={form.issuer}
              onChange={(event) => change({ issuer: event.target.value })}
              placeholder="https://id.example.org"
              disabled={!isOwner}
            />
          )}
        </Field>
      </div>
      <div className="border-t">
        <Row
          id="remote-workers"
          title="Remote workers get credentials"
          note={
            isOwner
              ? "Off unless changed. On: whoever holds the worker token can collect with the credentials of your sources."
              : OWNERS
          }
        >
          <Switch
            aria-labelledby="remote-workers"
            aria-describedby="remote-workers-note"
            disabled={!isOwner}
            checked={form.remoteWorkers}
            onCheckedChange={(remoteWorkers) => change({ remoteWorkers })}
          />
        </Row>
      </div>
      <div className="grid gap-4 border-t p-4">
        <Fault error={save.error} beside={BESIDE} />
        <div className="flex gap-2">
          <Button type="submit" kind="primary" disabled={!isChanged} busy={save.isPending}>
            Save
          </Button>
          {isChanged && (
            <Button
              kind="quiet"
              onClick={() => {
                setForm(fromSettings(view));
                save.reset();
              }}
            >
              Undo
            </Button>
          )}
        </div>
      </div>
    </form>
  );
}
