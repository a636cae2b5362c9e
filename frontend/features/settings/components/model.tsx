"use client";

import { useQuery } from "@tanstack/react-query";
import { settingsLlmReadOptions } from "@/lib/api/client";
import { Badge } from "@/ui/badge";
import { Moment } from "@/ui/moment";
import { ModelFields } from "./model-fields";
import { Section } from "./section";

/** Which model answers, and by whose key. */
export function Model() {
  const llm = useQuery(settingsLlmReadOptions());
  return (
    <Section
      title="Model provider"
      query={llm}
      note={
        llm.data?.source === "org" ? (
          <>
            Of this organisation, changed <Moment at={llm.data.updated_at} />
          </>
        ) : (
          "From the server's environment, until this organisation has its own"
        )
      }
      actions={llm.data && <Badge tone="accent">{llm.data.model}</Badge>}
    >
      {(view) => <ModelFields key={view.updated_at ?? "environment"} view={view} />}
    </Section>
  );
}
