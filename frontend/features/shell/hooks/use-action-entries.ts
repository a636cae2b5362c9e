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
  Power,
  PowerOff,
  RefreshCw,
  Square,
  UserPlus,
  type LucideIcon,
} from "lucide-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTheme } from "next-themes";
import { toast } from "@/ui/toast";
import { covers, useMe, useSignOut } from "@/features/session";
import { isUnderWay } from "@/features/sources";
import { readsInput } from "@/features/tasks";
import {
  sourcesSyncCancelMutation,
  sourcesSyncMutation,
  tasksRunMutation,
  tasksUpdateMutation,
  type Role,
  type Source,
  type Task,
} from "@/lib/api/client";
import { THEMES } from "../lib/themes";
import type { Entry } from "../lib/entry";
import { places } from "../lib/places";

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
  const queries = useQueryClient();
  const reread = (...about: string[]) =>
    about.forEach((_id) => void queries.invalidateQueries({ queryKey: [{ _id }] }));
  const synced = () => reread("sourcesRead", "sourcesSyncs", "sourcesList");
  const sync = useMutation({
    ...sourcesSyncMutation(),
    onSuccess: () => toast.success("The sync has started."),
    onSettled: synced,
  });
  const cancel = useMutation({
    ...sourcesSyncCancelMutation(),
    onSuccess: () => toast.success("The sync is cancelled."),
    onSettled: synced,
  });
  const run = useMutation({
    ...tasksRunMutation(),
    onSuccess: () => toast.success("The task runs."),
  });
  const turn = useMutation({
    ...tasksUpdateMutation(),
    onSuccess: ({ name, enabled }) =>
      toast.success(`${name} is switched ${enabled ? "on" : "off"}.`),
    onSettled: () => reread("tasksRead", "tasksList"),
  });

  const made = MAKE.filter(([, , , , least]) => covers(role, least));
  const syncs = covers(role, "member") ? sources : [];
  const turned = covers(role, "member") ? tasks : [];
  const runs = turned.filter(({ enabled }) => enabled);
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
    ...syncs.map(({ id, name, last_sync }): Entry => {
      if (isUnderWay(last_sync)) {
        return action(`cancel:${id}`, `Cancel the sync of ${name}`, Square, "source stop ingest", {
          leads: `Cancels the sync of ${name}`,
          onAsk: true,
          run: () => cancel.mutate({ path: { source_id: id } }),
        });
      }
      return action(`sync:${id}`, `Sync ${name}`, RefreshCw, "source ingest", {
        leads: `Starts a sync of ${name}`,
        onAsk: true,
        run: () => sync.mutate({ path: { source_id: id } }),
      });
    }),
    ...runs.map((task): Entry => {
      const { id, name } = task;
      if (readsInput(task)) return asking(task);
      return action(`run:${id}`, `Run ${name}`, Play, "task start now", {
        leads: `Runs the task ${name} now`,
        onAsk: true,
        run: () => run.mutate({ path: { task_id: id } }),
      });
    }),
    ...turned.map(({ id, name, enabled }): Entry => {
      const to = enabled ? "off" : "on";
      const icon = enabled ? PowerOff : Power;
      return action(`turn:${id}`, `Switch ${to} ${name}`, icon, "task enable disable pause", {
        leads: `Switches the task ${name} ${to}`,
        onAsk: true,
        run: () => turn.mutate({ path: { task_id: id }, body: { enabled: !enabled } }),
      });
    }),
  ];
}

/** A run that wants its input first, which its page asks for. */
function asking({ id, name }: Task): Entry {
  const entry = { id: `do:run:${id}`, group: "Actions", title: `Run ${name}`, icon: Play } as const;
  return { ...entry, kind: "go", words: "task start now", onAsk: true, href: places.taskInput(id) };
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
