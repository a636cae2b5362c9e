"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMe } from "@/features/session";
import {
  healthReadOptions,
  settingsFeaturesReadOptions,
  settingsFeaturesReadQueryKey,
  settingsFeaturesUpdateMutation,
  type FeaturesPut,
} from "@/lib/api/client";
import { Switch } from "@/ui/switch";
import { Row, Section } from "./section";

type Feature = keyof FeaturesPut;

const FEATURES: readonly { name: Feature; title: string; what: string }[] = [
  {
    name: "workers",
    title: "Workers",
    what: "Remote workers collect what this server cannot reach.",
  },
  { name: "rag", title: "Documents", what: "Documents, and retrieval from them." },
  { name: "orchestrator", title: "Workflows", what: "Steps of several agents in order." },
  { name: "policies", title: "Policies", what: "Rules beyond roles and realms." },
  { name: "voice", title: "Voice", what: "Talking with agents." },
  { name: "ciab", title: "Sandboxes", what: "Coding agents in machines of their own." },
];

/** Parts of the product that an org can do without. */
export function Features() {
  const { role } = useMe();
  const queries = useQueryClient();
  const features = useQuery(settingsFeaturesReadOptions());
  const server = useQuery(healthReadOptions());
  const key = settingsFeaturesReadQueryKey();
  const update = useMutation({
    ...settingsFeaturesUpdateMutation(),
    onSuccess: (after) => queries.setQueryData(key, after),
  });

  /** Why it cannot be switched, if it cannot. */
  function obstacle(name: Feature): string | null {
    if (server.data && !server.data.features[name]) {
      return `Not in this release, or off in the server's environment: AGENTCY_FEATURES_${name.toUpperCase()}.`;
    }
    return role === "owner" ? null : "Only an owner switches it.";
  }

  return (
    <Section
      title="Features"
      note="On where the server has them on, and so does the organisation"
      query={features}
    >
      {(on) => (
        <div className="divide-y">
          {FEATURES.map(({ name, title, what }) => {
            const why = obstacle(name);
            const isSent = update.isPending && update.variables.body[name] !== undefined;
            return (
              <Row
                key={name}
                id={name}
                title={title}
                note={
                  <>
                    {what}
                    {why && <span className="block">{why}</span>}
                  </>
                }
              >
                <Switch
                  aria-labelledby={name}
                  aria-describedby={`${name}-note`}
                  disabled={why !== null || isSent}
                  checked={(isSent ? update.variables.body[name] : on[name]) ?? false}
                  onCheckedChange={(is) => update.mutate({ body: { [name]: is } })}
                />
              </Row>
            );
          })}
        </div>
      )}
    </Section>
  );
}
