"use client";

import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { ApiError, authLoginMutation, type SessionView } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Fault } from "@/ui/fault";
import { Field, Input } from "@/ui/field";
import { PasswordInput } from "@/ui/password";
import { useCountdown } from "../hooks/use-countdown";

interface Props {
  email?: string;
  password?: string;
  /** The org to act in, for somebody who is in several. */
  orgId?: string | null;
  onSignedIn: (session: SessionView) => void;
}

/** E-mail and password for a session in a cookie that no script can read. */
export function SignInForm({ email = "", password = "", orgId = null, onSignedIn }: Props) {
  const [until, setUntil] = useState<number | null>(null);
  const wait = useCountdown(until);
  const login = useMutation({
    ...authLoginMutation(),
    meta: { quiet: true },
    onSuccess: onSignedIn,
    onError: (error) => {
      const secs = error instanceof ApiError ? error.retryAfter : undefined;
      setUntil(secs ? Date.now() + secs * 1000 : null);
    },
  });
  const { error } = login;
  const isWrong = error instanceof ApiError && error.code === "invalid_credentials";

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    login.mutate({
      body: {
        email: String(form.get("email")),
        password: String(form.get("password")),
        session: "cookie",
        ...(orgId && { org_id: orgId }),
      },
    });
  }

  return (
    <form onSubmit={submit} className="grid gap-4">
      <Field label="E-mail">
        {(control) => (
          <Input
            {...control}
            name="email"
            type="email"
            autoComplete="username"
            defaultValue={email}
            required
          />
        )}
      </Field>
      <Field label="Password" fault={isWrong ? "The e-mail or the password is wrong." : undefined}>
        {(control) => (
          <PasswordInput
            {...control}
            name="password"
            autoComplete="current-password"
            defaultValue={password}
            required
          />
        )}
      </Field>
      {!isWrong && <Fault error={error} />}
      <Button
        type="submit"
        kind="primary"
        busy={login.isPending || login.isSuccess}
        disabled={wait > 0}
      >
        {wait > 0 ? `Try again in ${wait} s` : "Sign in"}
      </Button>
    </form>
  );
}
