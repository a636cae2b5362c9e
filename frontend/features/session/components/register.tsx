"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";
import { authConfigOptions } from "@/lib/api/client";
import { Notice } from "@/ui/notice";
import { Failure, Skeleton } from "@/ui/states";
import { Entrance, ENTRANCE_LINK } from "./entrance";
import { RegisterForm, type Door } from "./register-form";

/** The way in for somebody new: by an invitation, or with an organisation of their own. */
export function Register() {
  const router = useRouter();
  const queries = useQueryClient();
  const search = useSearchParams();
  const config = useQuery({ ...authConfigOptions(), staleTime: 60_000 });
  const invite = search.get("invite");
  const door = doorOf(config.data?.registration, invite);

  function enter() {
    queries.clear();
    router.replace("/");
  }

  return (
    <Entrance
      title={door === "found" ? "Make an organisation" : "Register"}
      note={door === "found" ? "You will be its owner." : "with the invitation that you were sent"}
      other={
        <>
          Already an account?{" "}
          <Link className={ENTRANCE_LINK} href="/login/">
            Sign in
          </Link>
        </>
      }
    >
      {config.isPending && <Skeleton className="h-64" />}
      {config.error && <Failure error={config.error} retry={() => void config.refetch()} />}
      {config.data && door === "closed" && (
        <Notice title="Registration is closed">
          This server takes nobody new. Ask an owner of your organisation for an account.
        </Notice>
      )}
      {config.data && door !== "closed" && (
        <RegisterForm
          door={door}
          invite={invite ?? ""}
          email={search.get("email") ?? ""}
          onRegistered={enter}
        />
      )}
    </Entrance>
  );
}

function doorOf(registration: string | undefined, invite: string | null): Door | "closed" {
  if (registration === "closed") return "closed";
  if (registration === "open" && !invite) return "found";
  return "invited";
}
