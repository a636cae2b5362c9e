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

export interface PageLink {
  href: string;
  name: string;
  icon: LucideIcon;
  /** The least role that has something to see there. */
  role?: "admin";
}

/** Every page, in the order of the navigation. */
export const PAGES: readonly PageLink[] = [
  { href: "/", name: "Overview", icon: Gauge },
  { href: "/chat/", name: "Chat", icon: MessagesSquare },
  { href: "/graph/", name: "Graph", icon: Waypoints },
  { href: "/sources/", name: "Sources", icon: Database },
  { href: "/agents/", name: "Agents", icon: Bot },
  { href: "/tasks/", name: "Tasks", icon: ListTodo },
  { href: "/approvals/", name: "Approvals", icon: CircleCheckBig },
  { href: "/workers/", name: "Workers", icon: ServerCog },
  { href: "/keys/", name: "API keys", icon: KeyRound, role: "admin" },
  { href: "/users/", name: "Users", icon: Users, role: "admin" },
  { href: "/settings/", name: "Settings", icon: Settings, role: "admin" },
];
