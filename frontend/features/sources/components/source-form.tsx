"use client";

import { useMutation } from "@tanstack/react-query";
import { useRef, useState, type FormEvent } from "react";
import { sourcesValidate, type Source, type SourceKind } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Notice } from "@/ui/notice";
import { SkeletonRows } from "@/ui/states";
import { useConnect } from "../hooks/use-connect";
import { useDraft } from "../hooks/use-draft";
import { useRealms } from "../hooks/use-realms";
import { useRights } from "../hooks/use-rights";
import { createOf, newDraft, type Draft } from "../lib/draft";
import { focusFault } from "../lib/focus";
import type { Guess } from "../lib/guess";
import { ContentPicker } from "./content-picker";
import { DraftFields } from "./draft-fields";
import { Refused } from "./refused";

interface Props {
  kind: SourceKind;
  onDone: (source: Source) => void;
}

/** The settings of a new source: tried first, then kept. */
export function SourceForm({ kind, onDone }: Props) {
  const realms = useRealms();
  if (!realms) return <SkeletonRows />;
  return <Form kind={kind} realms={realms} onDone={onDone} />;
}

function Form({ kind, realms, onDone }: Props & { realms: readonly string[] }) {
  const form = useRef<HTMLFormElement>(null);
  const { mayWrite, why } = useRights();
  const [guess, setGuess] = useState<Guess | null>(null);
  const { draft, change, file, choose, faults, check, hear } = useDraft(
    kind,
    newDraft(kind, realms),
    true,
  );
  const onError = (error: unknown) => {
    hear(error);
    focusFault(form.current);
  };
  const test = useMutation({
    mutationFn: () => sourcesValidate({ body: createOf(kind, draft) }),
    meta: { quiet: true },
    onError,
  });
  const connect = useConnect(onDone);
  const isBusy = test.isPending || connect.isPending || connect.isSuccess;
  const content = kind.uploads && draft.from === "upload" ? file : null;

  function run(start: () => void) {
    test.reset();
    connect.reset();
    if (check()) start();
    else focusFault(form.current);
  }

  /** What was said of other settings does not hold for these. */
  function edit(part: Partial<Draft>) {
    test.reset();
    connect.reset();
    change(part);
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    run(() =>
      connect.mutate({ body: createOf(kind, draft), content, syncs: kind.syncs }, { onError }),
    );
  }

  function pick(picked: File, guessed: Guess) {
    choose(picked);
    setGuess(guessed);
    const { key, label, name, delimiter } = guessed;
    change({
      name: draft.name || picked.name.replace(/\.[^.]*$/, ""),
      config: { key, label: label && [label], name, delimiter, ...known(draft.config) },
    });
  }

  return (
    <form ref={form} onSubmit={submit} noValidate className="grid gap-5">
      <Card>
        <DraftFields
          kind={kind}
          draft={draft}
          change={edit}
          faults={faults}
          realms={realms}
          fields={guess?.fields}
          content={
            <ContentPicker
              sourceType={kind.source_type}
              file={file}
              fault={faults.get("content")}
              onPick={pick}
            />
          }
        />
      </Card>
      <div aria-live="polite" className="grid gap-3 empty:hidden">
        {test.isSuccess && (
          <Notice title="It works.">
            {content
              ? "The settings are fine; the file is read when you connect."
              : "The source answered, and the settings fit."}
          </Notice>
        )}
        <Refused error={test.error ?? connect.error} />
      </div>
      <div className="flex flex-wrap items-center justify-end gap-2">
        {why && <p className="text-muted">{why}</p>}
        <Button
          busy={test.isPending}
          disabled={isBusy || !mayWrite}
          onClick={() => run(() => test.mutate())}
        >
          Test
        </Button>
        <Button
          type="submit"
          kind="primary"
          busy={connect.isPending || connect.isSuccess}
          disabled={isBusy || !mayWrite}
        >
          {kind.syncs ? "Connect and sync" : "Connect"}
        </Button>
      </div>
    </form>
  );
}

/** What was typed already is not guessed over. */
function known(config: Record<string, unknown>) {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}
