"use client";

import { useId, useState } from "react";
import { ApiError, type Approval, type DecisionBody } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Field, Textarea } from "@/ui/field";
import { Select } from "@/ui/select";
import { edited } from "../lib/args";
import { REMEMBER } from "../lib/words";
import { Arguments } from "./arguments";

interface Props {
  args: Approval["args"];
  busy: boolean;
  error: unknown;
  onDecide: (body: DecisionBody) => void;
}

type Step = "ask" | "edit" | "deny";

/** The question to a person: the arguments, and yes, no, or yes with other arguments. */
export function Decision({ args, busy, error, onDecide }: Props) {
  const [step, setStep] = useState<Step>("ask");
  const [text, setText] = useState(() => JSON.stringify(args, null, 2) ?? "{}");
  const [note, setNote] = useState("");
  const [remember, setRemember] = useState("0");
  const rememberId = useId();
  const draft = edited(text, args);
  const fault = draft.kind === "faulty" ? draft.fault : faultOfArgs(error);

  function approve() {
    if (step === "edit" && draft.kind === "faulty") return;
    const secs = Number(remember);
    onDecide({
      approved: true,
      ...(step === "edit" && draft.kind === "changed" && { args: draft.args }),
      ...(secs > 0 && { remember_secs: secs }),
    });
  }

  function deny() {
    onDecide({ approved: false, ...(note.trim() && { note: note.trim() }) });
  }

  if (step === "deny") {
    return (
      <div className="grid gap-3">
        <Arguments args={args} />
        <Field label="Why not" hint="Optional. The model is told, and goes on without the call.">
          {(control) => (
            <Textarea
              {...control}
              // The question was just asked for.
              ref={focused}
              value={note}
              maxLength={2000}
              onChange={(event) => setNote(event.target.value)}
              className="min-h-16"
            />
          )}
        </Field>
        <div className="flex flex-wrap justify-end gap-2">
          <Button disabled={busy} onClick={() => setStep("ask")}>
            Back
          </Button>
          <Button kind="danger" busy={busy} onClick={deny}>
            Deny
          </Button>
        </div>
      </div>
    );
  }

  return (
    <div className="grid gap-3">
      {step === "edit" ? (
        <Field
          label="Arguments"
          hint="JSON. Checked against the tool before it runs."
          fault={fault}
        >
          {(control) => (
            <Textarea
              {...control}
              ref={focused}
              value={text}
              spellCheck={false}
              rows={Math.min(16, text.split("\n").length + 1)}
              onChange={(event) => setText(event.target.value)}
              className="font-mono text-xs"
            />
          )}
        </Field>
      ) : (
        <Arguments args={args} />
      )}
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <span className="flex items-center gap-2">
          <label htmlFor={rememberId} className="text-xs text-muted">
            Allow
          </label>
          <Select
            id={rememberId}
            options={REMEMBER}
            value={remember}
            onChange={(event) => setRemember(event.target.value)}
            className="h-8 text-xs"
          />
        </span>
        <span className="flex flex-wrap gap-2">
          <Button
            kind="quiet"
            disabled={busy}
            onClick={() => setStep(step === "edit" ? "ask" : "edit")}
          >
            {step === "edit" ? "Leave as they were" : "Edit"}
          </Button>
          <Button kind="danger" disabled={busy} onClick={() => setStep("deny")}>
            Deny…
          </Button>
          <Button
            kind="primary"
            busy={busy}
            disabled={step === "edit" && draft.kind === "faulty"}
            onClick={approve}
          >
            {step === "edit" && draft.kind === "changed" ? "Approve as edited" : "Approve"}
          </Button>
        </span>
      </div>
    </div>
  );
}

function focused(field: HTMLTextAreaElement | null) {
  field?.focus();
}

/** What the tool does not take of the arguments. */
export function faultOfArgs(error: unknown): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  for (const [path, message] of error.fields) {
    if (path.startsWith("args")) return message.replaceAll("$: ", "");
  }
  return undefined;
}
