"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { toast } from "@/ui/toast";
import { sourcesRemoveMutation, type Source } from "@/lib/api/client";
import { Confirm } from "@/ui/confirm";

interface Props {
  source: Source;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Disconnects a source, after saying what that means for the graph. */
export function DeleteSource({ source, open, onOpenChange }: Props) {
  const [purge, setPurge] = useState(false);
  const queries = useQueryClient();
  const router = useRouter();
  const remove = useMutation({
    ...sourcesRemoveMutation(),
    onSuccess: () => {
      toast.success(`${source.name} is disconnected.`);
      router.replace("/sources/");
      void queries.invalidateQueries({ queryKey: [{ _id: "sourcesList" }] });
      void queries.invalidateQueries({ queryKey: [{ _id: "graphStats" }] });
    },
    onError: () => onOpenChange(false),
  });
  return (
    <Confirm
      open={open}
      onOpenChange={onOpenChange}
      title={`Disconnect the source ${source.name}?`}
      action="Disconnect"
      busy={remove.isPending}
      onConfirm={() => remove.mutate({ path: { source_id: source.id }, query: { purge } })}
    >
      <div className="grid gap-3">
        <p>
          Its settings, credentials and the history of its syncs are deleted, and its tools are gone
          for every agent. What it said stays in the graph, and is not kept up to date any more.
        </p>
        <label className="flex min-h-6 items-start gap-2 text-text">
          <input
            type="checkbox"
            className="mt-0.5 size-4 accent-accent"
            checked={purge}
            onChange={({ target }) => setPurge(target.checked)}
          />
          <span>
            Archive what it said, too
            <span className="block text-xs text-muted">
              What other sources also say stays. The past can still be looked at.
            </span>
          </span>
        </label>
      </div>
    </Confirm>
  );
}
