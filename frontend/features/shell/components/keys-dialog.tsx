"use client";

import { useId, useState } from "react";
import { Dialog } from "@/ui/dialog";
import { Key } from "@/ui/key";
import { Switch } from "@/ui/switch";
import { usePages } from "../hooks/use-pages";
import { areKeysOn, switchKeys } from "../lib/keys";

interface Props {
  onClose: () => void;
}

/** Which keys do what. */
export function KeysDialog({ onClose }: Props) {
  const name = useId();
  const [on, setOn] = useState(areKeysOn);
  const pages = usePages().flatMap((group) => group.pages);
  return (
    <Dialog open onOpenChange={onClose} title="Keys" note="Outside of fields">
      <div className="grid gap-5">
        <Keys
          title="Everywhere"
          rows={[
            [["Ctrl", "K"], "Go anywhere, do anything"],
            [["?"], "These keys"],
            [["Esc"], "Close what is open"],
          ]}
        />
        <Keys title="Go to" rows={pages.map(({ key, name }) => [["g", key], name])} />
        <Keys
          title="In a chat"
          rows={[
            [["Enter"], "Send"],
            [["Shift", "Enter"], "A new line"],
          ]}
        />
        <div className="flex items-center justify-between gap-3 border-t pt-4">
          <span>
            <span id={name} className="block font-medium">
              Single keys
            </span>
            <span className="text-xs text-muted">
              <Key>?</Key> and <Key>g</Key> with a letter. Ctrl-K always works.
            </span>
          </span>
          <Switch
            checked={on}
            aria-labelledby={name}
            onCheckedChange={(next) => {
              switchKeys(next);
              setOn(next);
            }}
          />
        </div>
      </div>
    </Dialog>
  );
}

function Keys({ title, rows }: { title: string; rows: [string[], string][] }) {
  return (
    <section>
      <h3 className="mb-1 text-xs font-medium text-muted">{title}</h3>
      <dl className="grid gap-x-6 sm:grid-cols-2">
        {rows.map(([keys, what]) => (
          <div key={what} className="flex items-center justify-between gap-3 py-1">
            <dt>{what}</dt>
            <dd className="flex gap-1">
              {keys.map((key, at) => (
                <Key key={at}>{key}</Key>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
