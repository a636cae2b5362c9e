"use client";

import { useQuery } from "@tanstack/react-query";
import { Wrench } from "lucide-react";
import { SchemaOutline } from "@/features/schema-form";
import { sourcesToolsOptions, type Effect, type Source } from "@/lib/api/client";
import { Badge, type Tone } from "@/ui/badge";
import { Card } from "@/ui/card";
import { Empty, Failure, SkeletonRows } from "@/ui/states";

const EFFECTS: Record<Effect, { tone: Tone; note: string }> = {
  read: { tone: "good", note: "It only reads." },
  write: { tone: "warn", note: "It may change something." },
  destructive: { tone: "bad", note: "It may destroy something." },
};

/** What agents can do with the live source, and what that may change. */
export function SourceTools({ source }: { source: Source }) {
  const tools = useQuery(sourcesToolsOptions({ path: { source_id: source.id } }));
  if (tools.isPending) return <SkeletonRows />;
  if (tools.error) return <Failure error={tools.error} retry={() => void tools.refetch()} />;
  if (tools.data.items.length === 0) {
    return (
      <Card>
        <Empty icon={Wrench} title="It has no tools">
          What it said is in the graph, and agents look for it there.
        </Empty>
      </Card>
    );
  }
  return (
    <ul className="grid gap-3">
      {tools.data.items.map((tool) => (
        <li key={tool.name}>
          <Card className="grid gap-3 p-4">
            <div className="flex flex-wrap items-center gap-2">
              <h3 className="font-mono font-semibold">{tool.name}</h3>
              <Badge tone={EFFECTS[tool.effect].tone} title={EFFECTS[tool.effect].note}>
                {tool.effect}
              </Badge>
              {tool.requires_approval && (
                <Badge title="Unless an agent or a task says otherwise.">a person decides</Badge>
              )}
            </div>
            <p className="max-w-prose text-muted">{tool.description}</p>
            <details className="rounded-md border">
              <summary className="cursor-pointer rounded-md px-3 py-2 text-xs font-medium text-muted hover:text-text">
                Arguments
              </summary>
              <div className="border-t p-3">
                <SchemaOutline schema={tool.input_schema} label={`Arguments of ${tool.name}`} />
              </div>
            </details>
          </Card>
        </li>
      ))}
    </ul>
  );
}
