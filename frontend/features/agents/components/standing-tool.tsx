"use client";

import { useQuery } from "@tanstack/react-query";
import { sourcesListOptions, sourcesToolsOptions, type SourceTool } from "@/lib/api/client";
import { Field } from "@/ui/field";
import { Select } from "@/ui/select";
import type { StandingForm } from "../lib/guards";
import { EFFECTS, TOOLS } from "../lib/tools";

const GRAPH = "graph";
const GRAPH_TOOLS = TOOLS.filter((tool) => tool.effect === "write");

interface Props {
  value: StandingForm;
  onChange: (to: Partial<StandingForm>) => void;
  faultOf: (name: string) => string | undefined;
}

/** The tool that a standing approval is for: of the graph, or of a source. */
export function StandingTool({ value, onChange, faultOf }: Props) {
  const sources = useQuery(sourcesListOptions({ query: { limit: 200 } }));
  const source = sources.data?.items.find(
    (one) => one.id === value.connector || one.name === value.connector,
  );
  const found = useQuery({
    ...sourcesToolsOptions({ path: { source_id: source?.id ?? "" } }),
    enabled: source !== undefined,
  });
  const tools: readonly Pick<SourceTool, "name" | "effect">[] =
    value.connector === GRAPH ? GRAPH_TOOLS : (found.data?.items ?? []);
  const effect = tools.find((tool) => tool.name === value.tool)?.effect;
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <Field label="Source" fault={faultOf("connector")}>
        {(control) => (
          <Select
            {...control}
            className="w-full"
            value={source?.id ?? value.connector}
            options={withPresent(
              [
                { value: GRAPH, label: "The graph" },
                ...(sources.data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? []),
              ],
              source?.id ?? value.connector,
            )}
            onChange={({ target }) =>
              onChange({
                connector: target.value,
                tool: target.value === GRAPH ? "upsert_node" : "",
              })
            }
          />
        )}
      </Field>
      <Field
        label="Tool"
        hint={effect && `It ${EFFECTS[effect].name}. ${EFFECTS[effect].means}`}
        fault={faultOf("tool")}
      >
        {(control) => (
          <Select
            {...control}
            className="w-full"
            value={value.tool}
            options={withPresent(
              [
                ...(value.tool ? [] : [{ value: "", label: "Choose one" }]),
                ...tools.map(({ name }) => ({ value: name, label: name })),
              ],
              value.tool,
            )}
            onChange={(event) => onChange({ tool: event.target.value })}
          />
        )}
      </Field>
    </div>
  );
}

/** What is chosen stays a choice, though it may be gone. */
function withPresent(options: { value: string; label: string }[], present: string) {
  const isThere = options.some(({ value }) => value === present);
  return isThere ? options : [...options, { value: present, label: present }];
}
