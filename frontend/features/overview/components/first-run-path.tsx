"use client";

import { Check, X } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { placeOf, STEPS, type FirstRun, type Step } from "../lib/first-run";
import { AskStep } from "./ask-step";
import { ConnectStep } from "./connect-step";
import { SyncStep } from "./sync-step";

const TITLES: Record<Step, { title: string; note: string }> = {
  connect: {
    title: "Connect a source",
    note: "A git repository is a good first one: it needs no account.",
  },
  sync: { title: "Watch it sync", note: "What is in it becomes nodes and edges of your graph." },
  ask: { title: "Ask a first question", note: "The answer names the nodes it stands on." },
};

interface Props {
  firstRun: Exclude<FirstRun, { step: "over" }>;
  /** Where there is something else to see. */
  onHide: (() => void) | undefined;
}

/** Three steps from an empty organisation to an answer, the one that is next open. */
export function FirstRunPath({ firstRun, onHide }: Props) {
  return (
    <Card className="relative">
      {onHide && (
        <Button
          kind="quiet"
          size="icon-sm"
          className="absolute top-3 right-3"
          aria-label="Hide the first steps"
          onClick={onHide}
        >
          <X />
        </Button>
      )}
      <ol aria-label="First steps">
        {STEPS.map((step, at) => {
          const place = placeOf(step, firstRun.step);
          return (
            <li
              key={step}
              aria-current={place === "now" ? "step" : undefined}
              className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 border-b p-4 last:border-0 sm:p-5"
            >
              <Sign place={place} number={at + 1} />
              <div className="grid gap-4">
                <div className={cn(place === "ahead" && "text-muted")}>
                  <h2 className="leading-7 font-semibold">{TITLES[step].title}</h2>
                  {place !== "done" && <p className="text-muted">{TITLES[step].note}</p>}
                </div>
                {place === "now" && <Content firstRun={firstRun} />}
              </div>
            </li>
          );
        })}
      </ol>
    </Card>
  );
}

function Content({ firstRun }: Pick<Props, "firstRun">): ReactNode {
  switch (firstRun.step) {
    case "connect":
      return <ConnectStep />;
    case "sync":
      return <SyncStep source={firstRun.source} />;
    case "ask":
      return <AskStep source={firstRun.source} />;
  }
}

function Sign({ place, number }: { place: "done" | "now" | "ahead"; number: number }) {
  return (
    <span
      className={cn(
        "grid size-7 place-items-center rounded-full border text-xs font-semibold",
        place === "done" && "border-transparent bg-good-soft text-good",
        place === "now" && "border-transparent bg-accent text-on-accent",
        place === "ahead" && "text-muted",
      )}
    >
      {place === "done" ? <Check className="size-4" aria-label="Done" /> : number}
    </span>
  );
}
