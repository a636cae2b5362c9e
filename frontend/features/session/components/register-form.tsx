"use client";

import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { ApiError, authRegisterMutation } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Fault } from "@/ui/fault";
import { Field, Input } from "@/ui/field";
import { isPasswordFit } from "../lib/password-rules";
import { NewPassword } from "./new-password";

/** How somebody comes in: into the org that invites, or into one of their own. */
export type Door = "invited" | "found";

interface Props {
  door: Door;
  invite: string;
  email: string;
  onRegistered: () => void;
}

const BESIDE = ["email", "name", "password", "invite_token", "org_name"];

/** Who they are and which password they want. */
export function RegisterForm({ door, invite, email: invited, onRegistered }: Props) {
  const [email, setEmail] = useState(invited);
  const [password, setPassword] = useState("");
  const register = useMutation({
    ...authRegisterMutation(),
    meta: { quiet: true },
    onSuccess: onRegistered,
  });
  const faults = register.error instanceof ApiError ? register.error.fields : null;
  const isTaken = register.error instanceof ApiError && register.error.code === "taken";

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const way =
      door === "invited"
        ? { invite_token: String(form.get("invite")).trim() }
        : { org_name: String(form.get("org")) };
    register.mutate({
      body: { email, password, name: String(form.get("name")), session: "cookie", ...way },
    });
  }

  return (
    <form onSubmit={submit} className="grid gap-4">
      {door === "invited" ? (
        <Field
          label="Invitation"
          hint={invite ? undefined : "The token of the link that you were sent."}
          fault={faults?.get("invite_token")}
        >
          {(control) => (
            <Input
              {...control}
              name="invite"
              defaultValue={invite}
              autoComplete="off"
              spellCheck={false}
              className="font-mono text-xs"
              required
            />
          )}
        </Field>
      ) : (
        <Field label="Organisation" fault={faults?.get("org_name")}>
          {(control) => (
            <Input {...control} name="org" autoComplete="organization" maxLength={100} required />
          )}
        </Field>
      )}
      <Field label="Your name" fault={faults?.get("name")}>
        {(control) => (
          <Input {...control} name="name" autoComplete="name" maxLength={100} required />
        )}
      </Field>
      <Field
        label="E-mail"
        hint={door === "invited" ? "The one that was invited." : undefined}
        fault={
          isTaken ? "Somebody has this address already: sign in instead." : faults?.get("email")
        }
      >
        {(control) => (
          <Input
            {...control}
            type="email"
            autoComplete="username"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
            required
          />
        )}
      </Field>
      <NewPassword
        label="Password"
        value={password}
        onChange={setPassword}
        email={email}
        fault={faults?.get("password")}
      />
      <Fault error={register.error} beside={BESIDE} />
      <Button
        type="submit"
        kind="primary"
        busy={register.isPending || register.isSuccess}
        disabled={!isPasswordFit(password, email)}
      >
        Register
      </Button>
    </form>
  );
}
