"use client";

import { useQuery } from "@tanstack/react-query";
import { realmsListOptions, settingsReadOptions } from "@/lib/api/client";
import { Badge } from "@/ui/badge";
import { Copy } from "@/ui/copy";
import { OrganisationFields } from "./organisation-fields";
import { Section } from "./section";

/** Its name, its days, and whom it lets in. */
export function Organisation() {
  const settings = useQuery(settingsReadOptions());
  const realms = useQuery(realmsListOptions());
  return (
    <div className="grid gap-5">
      <Section
        title="Organisation"
        note={
          settings.data && (
            <span className="flex items-center gap-1">
              <code className="truncate font-mono">{settings.data.org_id}</code>
              <Copy text={settings.data.org_id} what="the id" />
            </span>
          )
        }
        query={settings}
      >
        {(view) => <OrganisationFields key={view.updated_at} view={view} />}
      </Section>
      <Section
        title="Realms"
        note="The parts of the graph; people and keys see all or some"
        query={realms}
      >
        {({ items }) => (
          <ul className="divide-y">
            {items.map(({ slug, name, description, built_in }) => (
              <li key={slug} className="flex items-center justify-between gap-3 px-4 py-2.5">
                <span>
                  <span className="font-medium">{name}</span>
                  {description && <span className="block text-xs text-muted">{description}</span>}
                </span>
                {built_in && <Badge>built in</Badge>}
              </li>
            ))}
          </ul>
        )}
      </Section>
    </div>
  );
}
