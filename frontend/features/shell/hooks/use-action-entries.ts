"use client";

import {
  Bot,
  Database,
  Keyboard,
  KeyRound,
  Link2,
  ListTodo,
  LogOut,
  MessageSquarePlus,
  Play,
  RefreshCw,
  UserPlus,
  type LucideIcon,
} from "lucide-react";
import { useMutation } from "@tanstack/react-query";
import { useTheme } from "next-themes";
import { toast } from "@/ui/toast";
import { covers, useMe, useSignOut } from "@/features/session";
import {
  sourcesSyncMutation,
  tasksRunMutation,
  type Role,
  type Source,
  type Task,
} from "@/lib/api/client";
import { THEMES } from "../lib/themes";
import type { Entry } from "../lib/entry";

/** What can be made, by whom, and where. */
const MAKE: readonly (readonly [string, string, string, LucideIcon, Role])[] = [
  ["/chat/", "New conversation", "chat ask question", MessageSquarePlus, "viewer"],
  ["/sources/?new=1", "Connect a source", "add new connector", Database, "member"],
  ["/agents/?new=1", "New agent", "add create", Bot, "member"],
  ["/tasks/?new=1", "New task", "add create schedule webhook", ListTodo, "member"],
  ["/keys/?new=1", "New API key", "add create token", KeyRound, "admin"],
  ["/users/?tab=invitations&new=1", "Invite somebody", "add user member", UserPlus, "admin"],
];

interface Given {
  sources: readonly Source[];
  tasks: readonly Task[];
  onHelp: () => void;
}

/** What this person may do from anywhere. */
export function useActionEntries({ sources, tasks, onHelp }: Given): Entry[] {
  const { role } = useMe();
  const { setTheme } = useTheme();
  const signOut = useSignOut();
  const sync = useMutation({
    ...sourcesSyncMutation(),
    onSuccess: () => toast.success("The sync has started."),
  });
  const run = useMutation({
    ...tasksRunMutation(),
    onSuccess: () => toast.success("The task runs."),
  });

  const made = MAKE.filter(([, , , , least]) => covers(role, least));
  const syncs = covers(role, "member") ? sources : [];
  const runs = covers(role, "member") ? tasks.filter(({ enabled }) => enabled) : [];
  return [
    ...made.map(([href, title, words, icon]): Entry => {
      return { id: `make:${href}`, group: "Actions", kind: "go", title, words, icon, href };
    }),
    ...THEMES.map(({ name, label, icon }): Entry => {
      return action(`theme:${name}`, `Theme: ${label.toLowerCase()}`, icon, "colours appearance", {
        leads: "Changes the colours",
        run: () => setTheme(name),
      });
    }),
    action("link", "Copy the link to this page", Link2, "share address url", {
      leads: "Copies the address with all filters",
      run: () => {
        const copied = navigator.clipboard.writeText(window.location.href);
        void copied.then(() => toast.success("Copied."));
      },
    }),
    action("keys", "Keys", Keyboard, "shortcuts help", { leads: "Lists the keys", run: onHelp }),
    action("out", "Sign out", LogOut, "log out leave", {
      leads: "Ends your session",
      run: signOut,
    }),
    ...syncs.map(({ id, name }): Entry => {
      return action(`sync:${id}`, `Sync ${name}`, RefreshCw, "source ingest", {
        leads: `Starts a sync of ${name}`,
        onAsk: true,
        run: () => sync.mutate({ path: { source_id: id } }),
      });
    }),
    ...runs.map(({ id, name }): Entry => {
      return action(`run:${id}`, `Run ${name}`, Play, "task start now", {
        leads: `Runs the task ${name} now`,
        onAsk: true,
        run: () => run.mutate({ path: { task_id: id } }),
      });
    }),
  ];
}

function action(
  id: string,
  title: string,
  icon: LucideIcon,
  words: string,
  what: { leads: string; run: () => void; onAsk?: boolean },
): Entry {
  return { id: `do:${id}`, group: "Actions", kind: "do", title, words, icon, ...what };
}
