"use client";

import { CircleCheckBig } from "lucide-react";
import { ApiError, type TestView } from "@/lib/api/client";
import { Code } from "@/ui/code";
import { Fault } from "@/ui/fault";
import { upstreamWords } from "../lib/model-form";

interface Props {
  test: { data: TestView | undefined; error: unknown };
  beside: readonly string[];
}

const whole = new Intl.NumberFormat("en");

function inTime(ms: number): string {
  return ms < 1 ? "less than 1 ms" : `${whole.format(ms)} ms`;
}

/** What one real call to the provider found. */
export function TestResult({ test: { data, error }, beside }: Props) {
  const words = error instanceof ApiError ? upstreamWords(error.body.details) : undefined;
  return (
    <div aria-live="polite" className="grid gap-2 empty:hidden">
      {data && (
        <p className="flex items-center gap-2 rounded-md border border-good/40 bg-good-soft px-3 py-2.5">
          <CircleCheckBig className="size-4 text-good" aria-hidden />
          <span>
            <b className="font-medium">{data.model}</b> answered in {inTime(data.latency_ms)}
          </span>
        </p>
      )}
      <Fault error={error} beside={beside} />
      {words && <Code label="What the provider said">{words}</Code>}
    </div>
  );
}
