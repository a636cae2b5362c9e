"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { toast } from "@/ui/toast";
import {
  ApiError,
  authMeQueryKey,
  usersReadMeQueryKey,
  usersUpdateMeMutation,
  type ProfileView,
} from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Card, CardHead } from "@/ui/card";
import { Fault } from "@/ui/fault";
import { Field, Input } from "@/ui/field";

/** What others call one. */
export function ProfileForm({ profile }: { profile: ProfileView }) {
  const queries = useQueryClient();
  const update = useMutation({
    ...usersUpdateMeMutation(),
    meta: { quiet: true },
    onSuccess: (after) => {
      queries.setQueryData(usersReadMeQueryKey(), after);
      void queries.invalidateQueries({ queryKey: authMeQueryKey() });
      toast.success("Saved.");
    },
  });
  const faults = update.error instanceof ApiError ? update.error.fields : null;

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    update.mutate({ body: { name: String(form.get("name")) } });
  }

  return (
    <Card>
      <CardHead title="Profile" />
      <form onSubmit={submit} className="grid gap-4 p-4">
        <Field label="Name" fault={faults?.get("name")}>
          {(control) => (
            <Input
              {...control}
              name="name"
              autoComplete="name"
              defaultValue={profile.name}
              maxLength={100}
              required
            />
          )}
        </Field>
        <Field label="E-mail" hint="What you sign in with. It cannot be changed here.">
          {(control) => <Input {...control} value={profile.email} readOnly disabled />}
        </Field>
        <Fault error={update.error} beside={["name"]} />
        <Button type="submit" className="justify-self-start" busy={update.isPending}>
          Save
        </Button>
      </form>
    </Card>
  );
}
