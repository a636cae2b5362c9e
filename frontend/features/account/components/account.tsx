"use client";

import { useQuery } from "@tanstack/react-query";
import { LogOut } from "lucide-react";
import { useMe, useSignOut } from "@/features/session";
import { authConfigOptions, usersReadMeOptions } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Card, CardHead } from "@/ui/card";
import { Notice } from "@/ui/notice";
import { Page } from "@/ui/page";
import { Failure, SkeletonRows } from "@/ui/states";
import { Appearance } from "./appearance";
import { Memberships } from "./memberships";
import { PasswordForm } from "./password-form";
import { ProfileForm } from "./profile-form";

/** Oneself: name, password, session, and how it looks. */
export function AccountPage() {
  const profile = useQuery(usersReadMeOptions());
  const config = useQuery({ ...authConfigOptions(), staleTime: 60_000 });
  const signOut = useSignOut();
  // The first start's owner has it, who has the default password.
  const { platform_admin: isTheirs } = useMe();
  return (
    <Page
      title="Account"
      note={profile.data?.email}
      actions={
        <Button onClick={signOut}>
          <LogOut /> Sign out
        </Button>
      }
    >
      {isTheirs && config.data?.default_login && (
        <Notice tone="warn" title="The default password is in force">
          Everybody knows it, so this server answers only on its own machine. Choose another one
          below.
        </Notice>
      )}
      {profile.isPending && <SkeletonRows />}
      {profile.error && <Failure error={profile.error} retry={() => void profile.refetch()} />}
      {profile.data && (
        <div className="grid items-start gap-5 lg:grid-cols-2">
          <div className="grid gap-5">
            <ProfileForm profile={profile.data} />
            <Card>
              <CardHead title="Theme" note="Of this browser" />
              <Appearance />
            </Card>
            <Memberships memberships={profile.data.memberships} />
          </div>
          <PasswordForm email={profile.data.email} />
        </div>
      )}
    </Page>
  );
}
