"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState, type FormEvent } from "react";
import { jsonOf } from "@/features/agents";
import { covers, useMe } from "@/features/session";
import { tasksRunMutation, tasksRunsQueryKey, type Task } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Fault } from "@/ui/fault";
import { Field, Textarea } from "@/ui/field";
import { readsInput } from "../lib/template";

interface Props {
  task: Task;
  small?: boolean;
  /** The address asks for the input; told when that is over. */
  asked?: boolean;
  onAsked?: () => void;
}

/** Sets a task off by hand, asks for input where its template reads some, and follows the run. */
export function RunNow({ task, small, asked = false, onAsked }: Props) {
  const { role } = useMe();
  const [asks, setAsks] = useState(false);
  const router = useRouter();
  const queries = useQueryClient();
  const path = { task_id: task.id };
  const run = useMutation({
    ...tasksRunMutation(),
    onSuccess: ({ id }) => {
      setAsks(false);
      void queries.invalidateQueries({ queryKey: tasksRunsQueryKey({ path }) });
      const address = `/tasks/?task=${task.id}&run=${id}`;
      // An address that asks is not to be come back to.
      if (asked) router.replace(address);
      else router.push(address);
    },
  });
  const refused = !covers(role, "member")
    ? "Members run tasks"
    : task.enabled
      ? undefined
      : "The task is switched off";
  const takesInput = readsInput(task);
  const isAsking = asks || (asked && takesInput && !refused);

  function turn(open: boolean) {
    setAsks(open);
    if (!open) onAsked?.();
  }

  return (
    <>
      <Button
        kind={small ? "plain" : "primary"}
        size={small ? "sm" : "md"}
        disabled={refused !== undefined}
        title={refused}
        busy={run.isPending && !isAsking}
        aria-label={`Run ${task.name} now`}
        onClick={() => (takesInput ? setAsks(true) : run.mutate({ path }))}
      >
        <Play /> {small ? <span className="max-sm:sr-only">Run</span> : "Run now"}
      </Button>
      <Dialog
        open={isAsking}
        onOpenChange={turn}
        title={`Run ${task.name}`}
        note="Its template reads trigger.body, which is what you give here."
      >
        <InputForm
          busy={run.isPending}
          error={run.error}
          onRun={(input) => run.mutate({ path, body: { input } })}
        />
      </Dialog>
    </>
  );
}

interface InputProps {
  busy: boolean;
  error: unknown;
  onRun: (input: unknown) => void;
}

function InputForm({ busy, error, onRun }: InputProps) {
  const [text, setText] = useState("{\n  \n}");
  const [fault, setFault] = useState<string>();
  function submit(event: FormEvent) {
    event.preventDefault();
    const input = jsonOf(text);
    setFault(input === undefined ? "This is no JSON." : undefined);
    if (input !== undefined) onRun(input);
  }
  return (
    <form onSubmit={submit} className="grid gap-4">
      <Field label="Input" hint="Any JSON" fault={fault}>
        {(control) => (
          <Textarea
            {...control}
            spellCheck={false}
            className="min-h-48 font-mono text-xs"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
      </Field>
      <Fault error={error} />
      <Button type="submit" kind="primary" busy={busy} className="justify-self-end">
        <Play /> Run now
      </Button>
    </form>
  );
}
