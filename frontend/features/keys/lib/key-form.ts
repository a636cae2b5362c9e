// What is typed for an API key, and what is sent. Pure.
import type { ApiKeyCreate, Role } from "@/lib/api/client";

export interface KeyForm {
  name: string;
  notes: string;
  role: Role;
  realms: string[];
  canApprove: boolean;
  /** In days; null is never. */
  days: number | null;
  /** Addresses and networks, one a line or with commas between. */
  addresses: string;
}

const DAY_MS = 86_400_000;

export function addressesOf(text: string): string[] {
  return text.split(/[\s,;]+/).filter(Boolean);
}

export function toCreate(form: KeyForm, now: Date): ApiKeyCreate {
  return {
    name: form.name.trim(),
    notes: form.notes,
    role: form.role,
    realms: form.realms,
    can_approve: form.canApprove,
    expires_at:
      form.days === null ? null : new Date(now.getTime() + form.days * DAY_MS).toISOString(),
    allowed_ips: addressesOf(form.addresses),
  };
}

/** The fault of the addresses: the server names them by their place. */
export function addressFault(faults: ReadonlyMap<string, string>, text: string) {
  for (const [path, message] of faults) {
    const at = /^allowed_ips(?:\[(\d+)\])?$/.exec(path);
    if (!at) continue;
    const address = at[1] === undefined ? undefined : addressesOf(text)[Number(at[1])];
    return address === undefined ? message : `${address}: ${message}`;
  }
  return undefined;
}
