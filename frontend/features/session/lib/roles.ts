import type { Role } from "@/lib/api/client";

/** Every role, the weakest first. */
export const ROLES: readonly Role[] = ["viewer", "member", "admin", "owner"];

/** Whether a role may do all that another may. */
export function covers(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}
