"use client";

import { useQuery } from "@tanstack/react-query";
import { ServerOff } from "lucide-react";
import Link from "next/link";
import { useMe } from "@/features/session";
import { settingsFeaturesReadOptions, settingsReadOptions } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Notice } from "@/ui/notice";
import { Page } from "@/ui/page";
import { Empty, Failure, SkeletonRows } from "@/ui/states";
import { WorkerList } from "./worker-list";

/** Daemons elsewhere that collect for this server. */
export function Workers() {
  const features = useQuery(settingsFeaturesReadOptions());
  return (
    <Page
      title="Workers"
      note="The same program in another network: it collects from sources that this server does not reach."
    >
      {features.isPending && <SkeletonRows />}
      {features.error && !features.data && (
        <Failure error={features.error} retry={() => void features.refetch()} />
      )}
      {features.data && (features.data.workers ? <On /> : <Off />)}
    </Page>
  );
}

function On() {
  const settings = useQuery(settingsReadOptions());
  const { role } = useMe();
  return (
    <>
      {settings.data?.remote_workers === false && (
        <Notice
          tone="warn"
          title="Workers get nothing of this org yet"
          action={role === "owner" && <SettingsButton tab="organisation" />}
        >
          {role === "owner"
            ? "Say so in the settings: with a sync go the credentials of its source."
            : "The owner of the org lets them, in the settings: with a sync go the credentials of its source."}
        </Notice>
      )}
      <WorkerList />
    </>
  );
}

function Off() {
  const { role } = useMe();
  return (
    <Card>
      <Empty
        icon={ServerOff}
        title="Workers are switched off"
        action={role === "owner" && <SettingsButton tab="features" />}
      >
        The owner of the org switches the feature on in the settings. Where it cannot be switched
        there, it is off in the environment of the server, which whoever runs the server changes.
      </Empty>
    </Card>
  );
}

function SettingsButton({ tab }: { tab: "features" | "organisation" }) {
  return (
    <Button asChild size="sm" kind="primary">
      <Link href={`/settings/?tab=${tab}`}>Open the settings</Link>
    </Button>
  );
}
