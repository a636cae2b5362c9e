"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearchParams } from "next/navigation";
import type { FormEvent } from "react";
import { authLoginMutation, faultOf } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { destination } from "./destination";

/** The way in: a session in a cookie that no script can read. */
export function SignIn() {
  const router = useRouter();
  const queries = useQueryClient();
  const to = destination(useSearchParams().get("to"));
  const login = useMutation({
    ...authLoginMutation(),
    onSuccess: () => {
      queries.clear();
      router.replace(to);
    },
  });

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const email = String(form.get("email"));
    const password = String(form.get("password"));
    login.mutate({ body: { email, password, session: "cookie" } });
  }

  return (
    <form onSubmit={submit} className="grid gap-4">
      <Field label="E-mail">
        {(control) => (
          <Input {...control} name="email" type="email" autoComplete="username" required />
        )}
      </Field>
      <Field label="Password" fault={faultOf(login.error)}>
        {(control) => (
          <Input
            {...control}
            name="password"
            type="password"
            autoComplete="current-password"
            required
          />
        )}
      </Field>
      <Button type="submit" kind="primary" busy={login.isPending || login.isSuccess}>
        Sign in
      </Button>
    </form>
  );
}
