"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import { useState } from "react";
import { covers, useMe } from "@/features/session";
import { tasksReadQueryKey, tasksTriggerRotateMutation, type Task } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Card, CardHead } from "@/ui/card";
import { Code } from "@/ui/code";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Moment } from "@/ui/moment";
import { Select } from "@/ui/select";
import { curlOf, signOf, standardCurlOf } from "../lib/hook-curl";

interface Props {
  task: Task;
  onSecret: (secret: string) => void;
}

/** Where a webhook is sent to, how it is signed, and a new secret for it. */
export function HookCard({ task, onSecret }: Props) {
  const { role } = useMe();
  const [asks, setAsks] = useState(false);
  const { url, require_timestamp: isTimed, previous_until: until } = task.trigger;
  const mayRotate = covers(role, "member");
  if (!url) return null;
  return (
    <Card className="min-w-0">
      <CardHead
        title="Webhook"
        note="Another system sends a signed POST here."
        actions={
          <Button
            size="sm"
            disabled={!mayRotate}
            title={mayRotate ? undefined : "Members make new secrets"}
            onClick={() => setAsks(true)}
          >
            <RotateCw /> New secret
          </Button>
        }
      />
      <div className="grid min-w-0 gap-3 p-4">
        <Code label="the address of the webhook">{url}</Code>
        {until && (
          <p className="text-xs text-muted">
            The secret before the present one is good until <Moment at={until} />.
          </p>
        )}
        <details>
          <summary className="min-h-6 cursor-pointer font-medium">How to send one</summary>
          <div className="grid gap-3 pt-3">
            <p className="text-muted">
              {isTimed
                ? "The signature is the HMAC-SHA256 of the id, the time and the body, by Standard Webhooks. Its key is the 32 bytes that the secret’s base64 stands for. The time must be within five minutes of the server’s."
                : "The signature is the HMAC-SHA256 of the raw body. Its key is the secret as it is shown, whsec_ included. Standard Webhooks is taken as well."}{" "}
              An equal request that comes again sets nothing off.
            </p>
            <Code label="a request by curl">{isTimed ? standardCurlOf(url) : curlOf(url)}</Code>
            <p className="text-muted">Or let agentcy sign it:</p>
            <Code label="a request signed by agentcy">{signOf(url, isTimed ?? false)}</Code>
          </div>
        </details>
      </div>
      <Rotation task={task} open={asks} onOpenChange={setAsks} onSecret={onSecret} />
    </Card>
  );
}

const GRACES = [
  { value: "0", label: "Not at all: it leaked" },
  { value: "3600", label: "An hour" },
  { value: "86400", label: "A day" },
  { value: "604800", label: "A week" },
];

interface RotationProps extends Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

function Rotation({ task, open, onOpenChange, onSecret }: RotationProps) {
  const [grace, setGrace] = useState("86400");
  const queries = useQueryClient();
  const path = { task_id: task.id };
  const rotate = useMutation({
    ...tasksTriggerRotateMutation(),
    // The secret is in the answer alone; it is not kept with the mutation.
    gcTime: 0,
    onSuccess: ({ trigger: { secret } }) => {
      onOpenChange(false);
      if (secret) onSecret(secret);
      void queries.invalidateQueries({ queryKey: tasksReadQueryKey({ path }) });
    },
  });
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="A new secret for the webhook"
      note={`Whoever sends to ${task.name} needs it.`}
    >
      <div className="grid gap-4">
        <Field label="How long the present one stays good">
          {(control) => (
            <Select
              {...control}
              className="w-full"
              value={grace}
              options={GRACES}
              onChange={(event) => setGrace(event.target.value)}
            />
          )}
        </Field>
        <Button
          kind="primary"
          className="justify-self-end"
          busy={rotate.isPending}
          onClick={() => rotate.mutate({ path, body: { grace_secs: Number(grace) } })}
        >
          Make it
        </Button>
      </div>
    </Dialog>
  );
}
