"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { toast } from "@/ui/toast";
import { isPasswordFit, NewPassword } from "@/features/session";
import { ApiError, authConfigQueryKey, usersChangePasswordMutation } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Card, CardHead } from "@/ui/card";
import { Fault } from "@/ui/fault";
import { Field } from "@/ui/field";
import { PasswordInput } from "@/ui/password";

/** Another password. It ends all other sessions. */
export function PasswordForm({ email }: { email: string }) {
  const queries = useQueryClient();
  const [old, setOld] = useState("");
  const [wanted, setWanted] = useState("");
  const change = useMutation({
    ...usersChangePasswordMutation(),
    meta: { quiet: true },
    // Its variables are passwords: nothing keeps them afterwards.
    gcTime: 0,
    onSuccess: () => {
      setOld("");
      setWanted("");
      change.reset();
      void queries.invalidateQueries({ queryKey: authConfigQueryKey() });
      toast.success("The new password holds. All your other sessions have ended.");
    },
  });
  const faults = change.error instanceof ApiError ? change.error.fields : null;

  function submit(event: FormEvent) {
    event.preventDefault();
    change.mutate({ body: { old_password: old, new_password: wanted } });
  }

  return (
    <Card>
      <CardHead title="Password" note="Changing it ends all your other sessions, everywhere" />
      <form onSubmit={submit} className="grid gap-4 p-4">
        {/* For password managers: whose password it is. */}
        <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
        <Field label="Present password" fault={faults?.get("old_password")}>
          {(control) => (
            <PasswordInput
              {...control}
              autoComplete="current-password"
              required
              value={old}
              onChange={(event) => setOld(event.target.value)}
            />
          )}
        </Field>
        <NewPassword
          label="New password"
          value={wanted}
          onChange={setWanted}
          email={email}
          fault={faults?.get("new_password")}
        />
        <Fault error={change.error} beside={["old_password", "new_password"]} />
        <Button
          type="submit"
          className="justify-self-start"
          busy={change.isPending}
          disabled={!old || !isPasswordFit(wanted, email)}
        >
          Change the password
        </Button>
      </form>
    </Card>
  );
}
