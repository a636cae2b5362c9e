"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import {
  conversationsListQueryKey,
  conversationsReadQueryKey,
  conversationsUpdateMutation,
  faultOf,
  type Conversation,
} from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
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

  return (
    <Dialog open onOpenChange={onClose} title="Rename the conversation">
      <form onSubmit={submit} className="grid gap-4">
        <Field label="Title" fault={faultOf(rename.error)}>
          {(control) => (
            <Input {...control} name="title" defaultValue={title} maxLength={200} required />
          )}
        </Field>
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
