import {
  Bot,
  CircleCheckBig,
  Database,
  Gauge,
  KeyRound,
  ListTodo,
  MessagesSquare,
  ServerCog,
  Settings,
  Users,
  Waypoints,
  type LucideIcon,
} from "lucide-react";
import type { Role } from "@/lib/api/client";

export interface PageLink {
  href: string;
  name: string;
  icon: LucideIcon;
  /** After `g`, it leads here. */
  key: string;
  /** What else people call it. */
  words?: string;
  /** The least role that has something to see there. */
  least?: Role;
}

export interface PageGroup {
  name: string;
  pages: readonly PageLink[];
}

/** Every page, in the order of the navigation. */
export const PAGE_GROUPS: readonly PageGroup[] = [
  {
    name: "Work",
    pages: [
      { href: "/", name: "Overview", icon: Gauge, key: "o", words: "home health usage cost" },
      { href: "/chat/", name: "Chat", icon: MessagesSquare, key: "c", words: "conversations ask" },
      {
        href: "/approvals/",
        name: "Approvals",
        icon: CircleCheckBig,
        key: "p",
        words: "inbox waiting",
      },
    ],
  },
  {
    name: "Knowledge",
    pages: [
      { href: "/graph/", name: "Graph", icon: Waypoints, key: "g", words: "nodes edges cypher" },
      { href: "/sources/", name: "Sources", icon: Database, key: "s", words: "connectors syncs" },
    ],
  },
  {
    name: "Automation",
    pages: [
      { href: "/agents/", name: "Agents", icon: Bot, key: "a", words: "runs" },
      { href: "/tasks/", name: "Tasks", icon: ListTodo, key: "t", words: "schedules webhooks" },
      { href: "/workers/", name: "Workers", icon: ServerCog, key: "w", words: "jobs queue" },
    ],
  },
  {
    name: "Administration",
    pages: [
      {
        href: "/users/",
        name: "Users",
        icon: Users,
        key: "u",
        words: "people members roles invitations",
        least: "admin",
      },
      {
        href: "/keys/",
        name: "API keys",
        icon: KeyRound,
        key: "k",
        words: "tokens secrets",
        least: "admin",
      },
      {
        href: "/settings/",
        name: "Settings",
        icon: Settings,
        key: ",",
        words: "model security features organisation",
        least: "admin",
      },
    ],
  },
];

/** Whether a path is on a page or beneath it. */
export function isOn(href: string, path: string): boolean {
  return href === "/" ? path === "/" : path.startsWith(href);
}
