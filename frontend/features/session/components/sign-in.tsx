"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";
import { useState } from "react";
import { authConfigOptions } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Fault } from "@/ui/fault";
import { Notice } from "@/ui/notice";
import { destination } from "../lib/destination";
import { Entrance, ENTRANCE_LINK } from "./entrance";
import { SignInForm } from "./sign-in-form";

/** Of a server that was just started; it is good on the machine itself only. */
const FIRST_LOGIN = { email: "admin@localhost", password: "admin" };

/** The way in, and back to where one wanted to go. */
export function SignIn() {
  const router = useRouter();
  const queries = useQueryClient();
  const search = useSearchParams();
  const config = useQuery({ ...authConfigOptions(), staleTime: 60_000 });
  const [first, setFirst] = useState<typeof FIRST_LOGIN | null>(null);

  function enter() {
    queries.clear();
    router.replace(destination(search.get("to")));
  }

  const {
    password: takesPasswords = true,
    registration,
    default_login,
    oidc_issuer,
  } = config.data ?? {};
  return (
    <Entrance
      title="Sign in"
      note="to your organisation's knowledge and agents"
      other={<OtherWay registration={registration} />}
    >
      <Fault error={config.error} />
      {default_login && (
        <Notice
          title="A fresh installation"
          action={
            <Button size="sm" onClick={() => setFirst(FIRST_LOGIN)}>
              Fill it in
            </Button>
          }
        >
          Until somebody changes it, the login is <b>{FIRST_LOGIN.email}</b> with the password{" "}
          <b>{FIRST_LOGIN.password}</b>, on this machine only.
        </Notice>
      )}
      {takesPasswords ? (
        <SignInForm
          key={first ? "first" : "own"}
          {...first}
          orgId={search.get("org")}
          onSignedIn={enter}
        />
      ) : (
        <Notice title="No passwords here">
          This server takes tokens of {oidc_issuer ?? "its issuer"} only.
        </Notice>
      )}
    </Entrance>
  );
}

function OtherWay({ registration }: { registration: string | undefined }) {
  if (registration === "open") {
    return (
      <>
        New here?{" "}
        <Link className={ENTRANCE_LINK} href="/register/">
          Make an organisation
        </Link>
      </>
    );
  }
  if (registration === "invite") {
    return (
      <>
        Invited?{" "}
        <Link className={ENTRANCE_LINK} href="/register/">
          Register with your invitation
        </Link>
      </>
    );
  }
  return null;
}
