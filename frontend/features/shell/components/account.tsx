"use client";

import { ChevronsUpDown } from "lucide-react";
import { useState, type ComponentProps } from "react";
import { useMe } from "@/features/session";
import { later } from "@/ui/later";

const load = () => import("./account-menu").then((it) => it.AccountMenu);
const AccountMenu = later(load, () => <Who aria-busy aria-haspopup="menu" />);

interface Props {
  onHelp: () => void;
  onFollow?: (() => void) | undefined;
}

/** Who is signed in, and what they can do about it. */
export function Account(props: Props) {
  const [isWanted, setWanted] = useState(false);
  if (isWanted) return <AccountMenu trigger={<Who />} {...props} />;
  return (
    <Who
      aria-haspopup="menu"
      aria-expanded={false}
      onPointerEnter={() => void load()}
      onClick={() => setWanted(true)}
    />
  );
}

function Who(props: ComponentProps<"button">) {
  const { user, org, role } = useMe();
  return (
    <button
      type="button"
      className="flex w-full items-center justify-between gap-2 rounded-md p-2 text-left hover:bg-sunken"
      {...props}
    >
      <span className="min-w-0">
        <span className="block truncate font-medium">{user?.name || user?.email || "API key"}</span>
        <span className="block truncate text-xs text-muted">
          {org.name} · {role}
        </span>
      </span>
      <ChevronsUpDown className="size-4 shrink-0 text-muted" aria-hidden />
    </button>
  );
}
