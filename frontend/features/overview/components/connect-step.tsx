"use client";

import { useQuery } from "@tanstack/react-query";
import { GitBranch } from "lucide-react";
import Link from "next/link";
import { useState, type FormEvent } from "react";
import { useMe } from "@/features/session";
import { Refused, useConnect } from "@/features/sources";
import { ApiError, sourcesValidate, type SourceCreate } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { SkeletonRows } from "@/ui/states";
import { repositoryOf } from "../lib/first-run";

/** The folder that the server may read, where a relative path begins. */
const OWN_FOLDER = ".";

function repository(text: string): SourceCreate {
  return { ...repositoryOf(text), source_type: "git", realm: "development" };
}

/** Connecting a git repository by one click, where the server stands in one. */
export function ConnectStep() {
  const { role } = useMe();
  const mayWrite = role !== "viewer";
  const own = useQuery({
    queryKey: ["own folder"],
    queryFn: async () => {
      try {
        await sourcesValidate({ body: repository(OWN_FOLDER) });
        return true;
      } catch {
        return false;
      }
    },
    enabled: mayWrite,
    staleTime: Infinity,
  });
  if (!mayWrite) {
    return <p>Viewers look only: ask a member or an admin to connect the first source.</p>;
  }
  if (own.isPending) return <SkeletonRows rows={1} />;
  return <Repository isOwn={own.data === true} />;
}

function Repository({ isOwn }: { isOwn: boolean }) {
  const [text, setText] = useState(isOwn ? OWN_FOLDER : "");
  const connect = useConnect(() => undefined);
  const { error } = connect;
  const fields = error instanceof ApiError ? [...error.fields.values()] : [];
  const isPrefilled = isOwn && text.trim() === OWN_FOLDER;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (text.trim()) connect.mutate({ body: repository(text), content: null, syncs: true });
  }

  return (
    <form onSubmit={submit} className="grid max-w-xl gap-3">
      <Field
        label="Repository"
        fault={fields[0]}
        hint={
          isPrefilled
            ? "The folder that this server was given is a git repository."
            : "A path on the server's machine, or an https address to clone."
        }
      >
        {(control) => (
          <div className="flex flex-wrap gap-2">
            <Input
              {...control}
              className="min-w-48 flex-1 font-mono"
              value={text}
              onChange={({ target }) => {
                setText(target.value);
                connect.reset();
              }}
              placeholder="/srv/repository or https://…"
              autoComplete="off"
              spellCheck={false}
              required
            />
            <Button
              type="submit"
              kind="primary"
              busy={connect.isPending || connect.isSuccess}
              disabled={!text.trim()}
            >
              <GitBranch aria-hidden /> {isPrefilled ? "Connect this repository" : "Connect"}
            </Button>
          </div>
        )}
      </Field>
      {fields.length === 0 && <Refused error={error} />}
      <p className="text-xs text-muted">
        Or{" "}
        <Link href="/sources/?new=1" className="text-accent underline underline-offset-2">
          connect something else
        </Link>
        : a database, an API, a file.
      </p>
    </form>
  );
}
