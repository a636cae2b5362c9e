"use client";

import { parseAsInteger, useQueryState } from "nuqs";
import { useEffect, useRef, useState } from "react";
import { Page } from "@/ui/page";
import { usePalette } from "../hooks/use-palette";
import type { Smoothness } from "../lib/frames";

interface Outcome extends Smoothness {
  renderer: string;
  nodes: number;
  edges: number;
}

/** How smoothly a graph of ?nodes= pans here: five seconds of it, in figures. */
export function GraphBench() {
  const [nodes] = useQueryState("nodes", parseAsInteger.withDefault(5_000));
  const frame = useRef<HTMLDivElement>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const colourOf = usePalette();
  const [colours] = useState(() => colourOf);

  useEffect(() => {
    const stop = new AbortController();
    void import("../lib/bench").then(async ({ bench }) => {
      if (!frame.current || stop.signal.aborted) return;
      const told = await bench(frame.current, nodes, colours, stop.signal);
      if (!told) return;
      document.title = `${figures(told)} · bench`;
      setOutcome(told);
    });
    return () => stop.abort();
  }, [nodes, colours]);

  return (
    <Page title="Graph bench" note="A made-up graph is laid out, then panned for five seconds.">
      <p role="status" className="font-mono text-xs">
        {outcome
          ? `${figures(outcome)} · ${outcome.frames} frames · ${outcome.renderer}`
          : "Running…"}
      </p>
      <div ref={frame} className="h-[32rem] overflow-hidden rounded-lg border bg-ground" />
    </Page>
  );
}

function figures({ nodes, edges, p50, p95, longest, perSecond }: Outcome): string {
  const ms = (time: number) => `${time.toFixed(1)} ms`;
  return `${nodes} nodes, ${edges} edges: p50 ${ms(p50)}, p95 ${ms(p95)}, longest ${ms(longest)}, ${perSecond.toFixed(1)} fps`;
}
