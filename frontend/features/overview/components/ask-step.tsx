"use client";

import { useQuery } from "@tanstack/react-query";
import { ArrowRight, Waypoints } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState, type FormEvent } from "react";
import { askNext } from "@/features/chat";
import { count, labelOf, questionsFor } from "@/features/sources";
import { graphStatsOptions, type Source } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";

/** A first question, with some to choose from. */
export function AskStep({ source }: { source: Source }) {
  const router = useRouter();
  const questions = questionsFor(source.source_type, labelOf(source));
  const [text, setText] = useState(questions[0] ?? "");
  const stats = useQuery({ ...graphStatsOptions(), refetchOnMount: "always" });
  const found = stats.data?.sources[source.id];

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!text.trim()) return;
    askNext(text.trim());
    router.push("/chat/");
  }

  return (
    <form onSubmit={submit} className="grid max-w-xl gap-3">
      {found && (
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <span>
            {source.name} is in the graph:{" "}
            <strong className="tabular-nums">
              {count(found.nodes, "node")}, {count(found.edges, "edge")}
            </strong>
            .
          </span>
          <Link
            href={`/graph/?source=${source.id}`}
            className="inline-flex min-h-6 items-center gap-1 rounded text-accent underline-offset-2 hover:underline"
          >
            <Waypoints className="size-4" aria-hidden /> See them in the graph
          </Link>
        </p>
      )}
      <Field label="Your question">
        {(control) => (
          <div className="flex flex-wrap gap-2">
            <Input
              {...control}
              className="min-w-48 flex-1"
              value={text}
              onChange={({ target }) => setText(target.value)}
              autoComplete="off"
            />
            <Button type="submit" kind="primary" disabled={!text.trim()}>
              Ask <ArrowRight aria-hidden />
            </Button>
          </div>
        )}
      </Field>
      <ul aria-label="Questions to begin with" className="flex flex-wrap gap-2">
        {questions.map((question) => (
          <li key={question}>
            <Button size="sm" aria-pressed={question === text} onClick={() => setText(question)}>
              {question}
            </Button>
          </li>
        ))}
      </ul>
    </form>
  );
}
