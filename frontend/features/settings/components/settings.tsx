"use client";

import { parseAsStringLiteral, useQueryState } from "nuqs";
import { covers, useMe } from "@/features/session";
import { Notice } from "@/ui/notice";
import { Page } from "@/ui/page";
import { Tabs } from "@/ui/tabs";
import { Features } from "./features";
import { Model } from "./model";
import { Organisation } from "./organisation";
import { Security } from "./security";

const TABS = ["model", "security", "features", "organisation"] as const;

/** What holds for the whole org. */
export function Settings() {
  const [tab, setTab] = useQueryState("tab", parseAsStringLiteral(TABS).withDefault("model"));
  const { role, org } = useMe();
  if (!covers(role, "admin")) {
    return (
      <Page title="Settings">
        <Notice title="For admins">Ask an admin of {org.name} to change its settings.</Notice>
      </Page>
    );
  }
  return (
    <Page title="Settings" note={`What holds for everybody in ${org.name}`}>
      <Tabs
        label="Settings"
        value={tab}
        onChange={(next) => void setTab(TABS.find((known) => known === next) ?? null)}
        tabs={[
          { value: "model", label: "Model", content: <Model />, keeps: true },
          { value: "security", label: "Security", content: <Security />, keeps: true },
          { value: "features", label: "Features", content: <Features /> },
          { value: "organisation", label: "Organisation", content: <Organisation />, keeps: true },
        ]}
      />
    </Page>
  );
}
