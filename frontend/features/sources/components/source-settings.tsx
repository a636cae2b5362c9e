"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, type FormEvent } from "react";
import { toast } from "@/ui/toast";
import {
  ApiError,
  sourcesReadQueryKey,
  sourcesUpdate,
  sourcesUpload,
  type Source,
  type SourceKind,
} from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { SkeletonRows } from "@/ui/states";
import { useDraft } from "../hooks/use-draft";
import { useRealms } from "../hooks/use-realms";
import { useRights } from "../hooks/use-rights";
import { useSync } from "../hooks/use-sync";
import { draftOf, patchOf } from "../lib/draft";
import { focusFault } from "../lib/focus";
import { ContentPicker, sizeInWords } from "./content-picker";
import { DraftFields } from "./draft-fields";
import { Refused } from "./refused";

interface Props {
  source: Source;
  kind: SourceKind;
}

/** The settings of a source, to be changed. What changes is tried before it is kept. */
export function SourceSettings(props: Props) {
  const realms = useRealms();
  return realms ? <Form {...props} realms={realms} /> : <SkeletonRows />;
}

function Form({ source, kind, realms }: Props & { realms: readonly string[] }) {
  const form = useRef<HTMLFormElement>(null);
  const queries = useQueryClient();
  const { mayWrite, why } = useRights();
  const sync = useSync(source.id);
  const { draft, change, file, choose, faults, check, hear } = useDraft(
    kind,
    draftOf(source),
    false,
  );
  const patch = patchOf(kind, source, draft);
  const isChanged = Object.keys(patch).length > 0 || file !== null;

  const save = useMutation({
    mutationFn: async () => {
      const path = { source_id: source.id };
      // The file first: settings are tried against what is uploaded.
      if (file) await sourcesUpload({ path, body: file });
      if (Object.keys(patch).length > 0) await sourcesUpdate({ path, body: patch });
    },
    meta: { quiet: true },
    onSuccess: async () => {
      toast.success("Saved.", {
        ...(kind.syncs && { action: { label: "Sync now", onClick: sync.start } }),
      });
      choose(null);
      void queries.invalidateQueries({ queryKey: [{ _id: "sourcesList" }] });
      const path = { source_id: source.id };
      await queries.invalidateQueries({ queryKey: sourcesReadQueryKey({ path }) });
    },
    onError: (error) => {
      hear(error);
      focusFault(form.current);
    },
  });
  const isAskedAgain = save.error instanceof ApiError && save.error.code === "credentials_required";

  function submit(event: FormEvent) {
    event.preventDefault();
    save.reset();
    if (check()) save.mutate();
    else focusFault(form.current);
  }

  return (
    <form ref={form} onSubmit={submit} noValidate className="grid gap-5">
      <Card>
        <DraftFields
          kind={kind}
          draft={draft}
          change={change}
          faults={isAskedAgain ? askedAgain(source, draft.credentials, faults) : faults}
          realms={realms.includes(source.realm) ? realms : [source.realm, ...realms]}
          disabled={!mayWrite}
          content={
            <div className="grid gap-2">
              <p className="text-muted">
                {source.content_bytes
                  ? `${sizeInWords(source.content_bytes)} are uploaded. Another file replaces them.`
                  : "Nothing is uploaded yet."}
              </p>
              <ContentPicker
                sourceType={kind.source_type}
                file={file}
                fault={faults.get("content")}
                onPick={choose}
              />
            </div>
          }
        />
      </Card>
      <Refused error={save.error} />
      <div className="flex flex-wrap items-center justify-end gap-2">
        <p className="text-xs text-muted">
          {why ??
            "What changes is tried first. Changing where it reads asks for the credentials again."}
        </p>
        <Button
          type="submit"
          kind="primary"
          busy={save.isPending}
          disabled={!mayWrite || !isChanged}
        >
          Save
        </Button>
      </div>
    </form>
  );
}

/** Each stored credential that is not typed again yet. */
function askedAgain(
  source: Source,
  credentials: Record<string, unknown>,
  faults: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const kept = Object.entries(source.credentials).filter(
    ([name, mask]) => credentials[name] === mask,
  );
  return new Map([
    ...faults,
    ...kept.map(([name]) => [`credentials.${name}`, "Type it again, or remove it."] as const),
  ]);
}
