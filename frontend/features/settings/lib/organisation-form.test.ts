import { expect, it } from "vitest";
import type { SettingsView } from "@/lib/api/client";
import { fromSettings, toPatch } from "./organisation-form";

const VIEW: SettingsView = {
  org_id: "org_1",
  name: "Acme",
  timezone: "UTC",
  retention_days: null,
  remote_workers: false,
  oidc_issuer: null,
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
};

it("only what differs is sent", () => {
  const form = fromSettings(VIEW);
  expect(toPatch(form, VIEW)).toEqual({});
  expect(toPatch({ ...form, timezone: "Europe/Berlin" }, VIEW)).toEqual({
    timezone: "Europe/Berlin",
  });
  expect(toPatch({ ...form, retention: "90", remoteWorkers: true }, VIEW)).toEqual({
    retention_days: 90,
    remote_workers: true,
  });
});

it("an empty field takes away what was there", () => {
  const view = { ...VIEW, retention_days: 30, oidc_issuer: "https://id.example.org" };
  expect(toPatch({ ...fromSettings(view), retention: "", issuer: " " }, view)).toEqual({
    retention_days: null,
    oidc_issuer: null,
  });
});
