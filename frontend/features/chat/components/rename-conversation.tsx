"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import {
  ApiError,
  conversationsListQueryKey,
  conversationsReadQueryKey,
  conversationsUpdateMutation,
  type Conversation,
} from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Fault } from "@/ui/fault";
import { Field, Input } from "@/ui/field";

interface Props {
  conversation: Conversation;
  onClose: () => void;
}

/** Gives a conversation another title. */
export function RenameConversation({ conversation: { id, title }, onClose }: Props) {
  const queries = useQueryClient();
  const path = { conversation_id: id };
  const rename = useMutation({
    ...conversationsUpdateMutation(),
    meta: { quiet: true },
    onSuccess: (renamed) => {
      queries.setQueryData(conversationsReadQueryKey({ path }), renamed);
      void queries.invalidateQueries({ queryKey: conversationsListQueryKey() });
      onClose();
    },
  });

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const next = String(new FormData(event.currentTarget).get("title")).trim();
    rename.mutate({ path, body: { title: next } });
  }

  const beside = rename.error instanceof ApiError ? rename.error.fields.get("title") : undefined;
  return (
    <Dialog open onOpenChange={onClose} title="Rename the conversation">
      <form onSubmit={submit} className="grid gap-4">
        <Field label="Title" fault={beside}>
          {(control) => (
            <Input {...control} name="title" defaultValue={title} maxLength={200} required />
          )}
        </Field>
        <Fault error={rename.error} beside={["title"]} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={rename.isPending}>
            Rename
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
