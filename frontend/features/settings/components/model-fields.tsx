"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { toast } from "@/ui/toast";
import {
  ApiError,
  healthReadQueryKey,
  settingsLlmReadQueryKey,
  settingsLlmTestMutation,
  settingsLlmUpdateMutation,
  type LlmView,
  type Provider,
} from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Fault } from "@/ui/fault";
import { Field, Input, Textarea } from "@/ui/field";
import { Notice } from "@/ui/notice";
import { Select } from "@/ui/select";
import {
  fromView,
  isChanged,
  needsKeyAgain,
  PROVIDERS,
  toPut,
  withProvider,
  type ModelForm,
} from "../lib/model-form";
import { KeyField } from "./key-field";
import { TestResult } from "./test-result";

const BESIDE = ["provider", "model", "base_url", "api_key"];

/** The provider as it is edited, tried, and stored. */
export function ModelFields({ view }: { view: LlmView }) {
  const queries = useQueryClient();
  const [form, setForm] = useState(() => fromView(view));
  const changed = isChanged(form, view);
  const test = useMutation({ ...settingsLlmTestMutation(), meta: { quiet: true }, gcTime: 0 });
  const save = useMutation({
    ...settingsLlmUpdateMutation(),
    meta: { quiet: true },
    // What was sent may hold a key.
    gcTime: 0,
    onSuccess: (after) => {
      queries.setQueryData(settingsLlmReadQueryKey(), after);
      void queries.invalidateQueries({ queryKey: healthReadQueryKey() });
      toast.success("Saved. New runs ask this model.");
    },
  });
  const faults = faultsOf(save.error) ?? faultsOf(test.error) ?? new Map<string, string>();
  const isBuiltin = form.provider === "builtin";
  const isKeyMissing = needsKeyAgain(form, view);

  function change(next: ModelForm) {
    setForm(next);
    // What was found out was about something else.
    test.reset();
    save.reset();
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    test.reset();
    save.mutate({ body: toPut(form) });
  }

  function tryOut() {
    save.reset();
    test.mutate(changed ? { body: toPut(form) } : {});
  }

  return (
    <form onSubmit={submit} className="grid gap-5 p-4">
      <Field label="Provider" fault={faults.get("provider")}>
        {(control) => (
          <Select
            {...control}
            value={form.provider}
            onChange={(event) => change(withProvider(form, event.target.value as Provider, view))}
            options={Object.entries(PROVIDERS).map(([value, { label }]) => ({ value, label }))}
          />
        )}
      </Field>
      {isBuiltin ? (
        <Notice title="Works without a key or network">
          The built-in model searches the graph and runs tools by plain rules. Good for trying
          things out; for real questions connect a provider.
        </Notice>
      ) : (
        <>
          <Field label="Model" fault={faults.get("model")}>
            {(control) => (
              <Input
                {...control}
                value={form.model}
                onChange={(event) => change({ ...form, model: event.target.value })}
                placeholder={PROVIDERS[form.provider].model}
                spellCheck={false}
                required
              />
            )}
          </Field>
          <Field
            label="Address"
            hint="Empty is the provider's own. A private address must be allowed in AGENTCY_EGRESS_ALLOW."
            fault={faults.get("base_url")}
          >
            {(control) => (
              <Input
                {...control}
                type="url"
                value={form.baseUrl}
                onChange={(event) => change({ ...form, baseUrl: event.target.value })}
                placeholder={PROVIDERS[form.provider].baseUrl}
              />
            )}
          </Field>
          <KeyField
            form={form}
            view={view}
            onChange={(key) => change({ ...form, key })}
            fault={
              isKeyMissing
                ? "The key would go to another address now: give it again."
                : faults.get("api_key")
            }
          />
          <Field
            label="When it fails, ask"
            hint="Other models of the same provider, one a line, at most 5."
            fault={fallbackFault(faults)}
          >
            {(control) => (
              <Textarea
                {...control}
                className="min-h-16"
                spellCheck={false}
                value={form.fallbacks}
                onChange={(event) => change({ ...form, fallbacks: event.target.value })}
              />
            )}
          </Field>
        </>
      )}
      <Fault error={save.error} beside={[...BESIDE, ...fallbackPaths(faults)]} />
      <TestResult test={test} beside={[...BESIDE, ...fallbackPaths(faults)]} />
      <div className="flex flex-wrap gap-2">
        <Button
          type="submit"
          kind="primary"
          busy={save.isPending}
          disabled={!changed || isKeyMissing}
        >
          Save
        </Button>
        <Button busy={test.isPending} disabled={isKeyMissing} onClick={tryOut}>
          {changed ? "Test before saving" : "Test"}
        </Button>
        {changed && (
          <Button kind="quiet" onClick={() => change(fromView(view))}>
            Undo
          </Button>
        )}
      </div>
    </form>
  );
}

function faultsOf(error: unknown): ReadonlyMap<string, string> | undefined {
  return error instanceof ApiError && error.fields.size > 0 ? error.fields : undefined;
}

function fallbackPaths(faults: ReadonlyMap<string, string>): string[] {
  return [...faults.keys()].filter((path) => path.startsWith("fallbacks"));
}

function fallbackFault(faults: ReadonlyMap<string, string>): string | undefined {
  const told = fallbackPaths(faults).map((path) => `${path}: ${faults.get(path)}`);
  return told.length > 0 ? told.join("; ") : undefined;
}
