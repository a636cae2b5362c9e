// The org's settings as they are edited; only what differs is sent, for some fields are the owner's. Pure.
import type { SettingsPatch, SettingsView } from "@/lib/api/client";

export interface OrganisationForm {
  name: string;
  timezone: string;
  /** Days; empty deletes nothing. */
  retention: string;
  remoteWorkers: boolean;
  /** Empty is none. */
  issuer: string;
}

export function fromSettings(view: SettingsView): OrganisationForm {
  return {
    name: view.name,
    timezone: view.timezone,
    retention: view.retention_days === null ? "" : String(view.retention_days ?? ""),
    remoteWorkers: view.remote_workers,
    issuer: view.oidc_issuer ?? "",
  };
}

export function toPatch(form: OrganisationForm, view: SettingsView): SettingsPatch {
  const before = fromSettings(view);
  const retention = form.retention.trim();
  const patch: SettingsPatch = {};
  if (form.name !== before.name) patch.name = form.name;
  if (form.timezone !== before.timezone) patch.timezone = form.timezone.trim();
  if (retention !== before.retention) patch.retention_days = retention ? Number(retention) : null;
  if (form.remoteWorkers !== before.remoteWorkers) patch.remote_workers = form.remoteWorkers;
  if (form.issuer !== before.issuer) patch.oidc_issuer = form.issuer.trim() || null;
  return patch;
}
