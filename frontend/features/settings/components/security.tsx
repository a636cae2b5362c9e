"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { toast } from "@/ui/toast";
import {
  ApiError,
  settingsSecurityReadOptions,
  settingsSecurityReadQueryKey,
  settingsSecurityUpdateMutation,
  type ApprovalDefault,
  type Effect,
  type SecurityView,
} from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Fault } from "@/ui/fault";
import { Input } from "@/ui/field";
import { Select } from "@/ui/select";
import { Switch } from "@/ui/switch";
import { fromSecs, toSecs, UNITS, type Unit } from "../lib/duration";
import { Row, Section } from "./section";

const EFFECTS: readonly { effect: Effect; title: string; note: string }[] = [
  {
    effect: "read",
    title: "Tools that only read",
    note: "Usually at once: nothing changes by reading.",
  },
  {
    effect: "write",
    title: "Tools that write",
    note: "Usually asked for. Members and up decide. At once never holds for a run that has read text of strangers.",
  },
  {
    effect: "destructive",
    title: "Tools that destroy",
    note: "Usually asked for. Only admins and up decide.",
  },
];

const ANSWERS = [
  { value: "allow", label: "At once" },
  { value: "approve", label: "Ask a person" },
];

/** When tools wait for a person, for how long, and for whom. */
export function Security() {
  const security = useQuery(settingsSecurityReadOptions());
  return (
    <Section
      title="Approvals"
      note="Agents and tasks may have defaults of their own"
      query={security}
    >
      {(view) => <SecurityForm key={JSON.stringify(view)} view={view} />}
    </Section>
  );
}

function SecurityForm({ view }: { view: SecurityView }) {
  const queries = useQueryClient();
  const [form, setForm] = useState(view);
  const [wait, setWait] = useState(() => fromSecs(view.approval_timeout_secs));
  const save = useMutation({
    ...settingsSecurityUpdateMutation(),
    meta: { quiet: true },
    onSuccess: (after) => {
      queries.setQueryData(settingsSecurityReadQueryKey(), after);
      toast.success("Saved. It holds for runs from now on.");
    },
  });
  const fault =
    save.error instanceof ApiError ? save.error.fields.get("approval_timeout_secs") : undefined;
  const wanted = { ...form, approval_timeout_secs: toSecs(wait) };
  const isChanged = JSON.stringify(wanted) !== JSON.stringify(view);

  function answer(effect: Effect, value: ApprovalDefault) {
    setForm({ ...form, approval_defaults: { ...form.approval_defaults, [effect]: value } });
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate({ body: wanted });
  }

  return (
    <form onSubmit={submit}>
      <div className="divide-y">
        {EFFECTS.map(({ effect, title, note }) => (
          <Row key={effect} id={`effect-${effect}`} title={title} note={note}>
            <Select
              aria-labelledby={`effect-${effect}`}
              aria-describedby={`effect-${effect}-note`}
              value={form.approval_defaults[effect]}
              onChange={(event) => answer(effect, event.target.value as ApprovalDefault)}
              options={ANSWERS}
            />
          </Row>
        ))}
        <Row
          id="wait"
          title="An approval waits for"
          note={
            fault ??
            "10 seconds to 7 days; 5 minutes unless changed. Afterwards the call is not made."
          }
        >
          <span className="flex gap-2">
            <Input
              type="number"
              min={1}
              step={1}
              required
              className="w-20"
              aria-label="How many"
              aria-describedby="wait-note"
              aria-invalid={fault ? true : undefined}
              value={wait.amount || ""}
              onChange={(event) => setWait({ ...wait, amount: Number(event.target.value) })}
            />
            <Select
              aria-label="Of what"
              value={wait.unit}
              onChange={(event) => setWait({ ...wait, unit: event.target.value as Unit })}
              options={UNITS.map(({ name }) => ({ value: name, label: name })).reverse()}
            />
          </span>
        </Row>
        <Row
          id="other"
          title="Somebody else decides"
          note="Off unless changed. On: nobody decides an approval of a run that they started."
        >
          <Switch
            aria-labelledby="other"
            aria-describedby="other-note"
            checked={form.require_other}
            onCheckedChange={(require_other) => setForm({ ...form, require_other })}
          />
        </Row>
      </div>
      <div className="grid gap-4 border-t p-4">
        <Fault error={save.error} beside={["approval_timeout_secs"]} />
        <div className="flex gap-2">
          <Button type="submit" kind="primary" disabled={!isChanged} busy={save.isPending}>
            Save
          </Button>
          {isChanged && (
            <Button
              kind="quiet"
              onClick={() => {
                setForm(view);
                setWait(fromSecs(view.approval_timeout_secs));
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
