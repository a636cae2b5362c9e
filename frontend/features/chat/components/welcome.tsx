"use client";

import { Database } from "lucide-react";
import Link from "next/link";
import { useId } from "react";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { Select } from "@/ui/select";
import { useAgents, useSources } from "../hooks/use-names";
import { firstQuestions } from "../lib/first-questions";

interface Props {
  /** Only a conversation that has not begun can choose. */
  agent: { id: string | null; onChoose: (id: string | null) => void } | null;
  onAsk: (text: string) => void;
}

/** Before anything was said: who shall answer, and what one might ask. */
export function Welcome({ agent, onAsk }: Props) {
  const chooser = useId();
  const sources = useSources();
  const agents = useAgents();
  const types = sources.data?.items.map((source) => source.source_type);
  const choices = agents.data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? [];
  return (
    <div className="grid gap-6 pt-[8vh]">
      <div className="grid gap-1">
        <h2 className="text-xl font-semibold tracking-tight">What do you want to know?</h2>
        <p className="text-muted">
          Answers come from your graph and your sources, and say where they come from.
        </p>
      </div>
      {agent && choices.length > 0 && (
        <div className="flex flex-wrap items-center gap-2">
          <label htmlFor={chooser} className="text-muted">
            Answered by
          </label>
          <Select
            id={chooser}
            value={agent.id ?? ""}
            options={[{ value: "", label: "the plain assistant" }, ...choices]}
            onChange={(event) => agent.onChoose(event.target.value || null)}
          />
        </div>
      )}
      {types?.length === 0 && (
        <Notice
          title="No source is connected yet"
          action={
            <Button kind="primary" size="sm" asChild>
              <Link href="/sources/">
                <Database aria-hidden /> Connect a source
              </Link>
            </Button>
          }
        >
          Connect a Git repository, a database or a file, and ask about it.
        </Notice>
      )}
      {types && (
        <ul aria-label="Questions to begin with" className="grid gap-2 sm:grid-cols-2">
          {firstQuestions(types).map((question) => (
            <li key={question}>
              <button
                type="button"
                onClick={() => onAsk(question)}
                className="h-full w-full rounded-md border bg-surface px-3 py-2.5 text-left hover:border-accent/50 hover:bg-sunken"
              >
                {question}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
