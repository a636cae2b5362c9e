"use client";

import { useQuery } from "@tanstack/react-query";
import { parseAsStringLiteral, useQueryStates } from "nuqs";
import { useState } from "react";
import { Choice } from "@/features/schema-form";
import { useMe } from "@/features/session";
import { usageReadOptions, type UsageView } from "@/lib/api/client";
import { Card, CardHead } from "@/ui/card";
import { later } from "@/ui/later";
import { Select } from "@/ui/select";
import { Failure, Skeleton, SkeletonRows } from "@/ui/states";
import { useNames } from "../hooks/use-names";
import { costInWords, everyDay, firstDay } from "../lib/usage";
import { UsageTable } from "./usage-table";

const UsageChart = later(
  () => import("./usage-chart").then((it) => it.UsageChart),
  () => <Skeleton className="h-52" />,
);

const DAYS = ["7", "30", "90"] as const;
const SHAPES = ["chart", "table"] as const;
const BY = ["day", "model", "agent", "user"] as const;
const REFRESH_MS = 60_000;
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** What models were used for, and what that cost: as a chart, and as a table. */
export function UsageCard() {
  const { role } = useMe();
  const isAdmin = role === "admin" || role === "owner";
  const [{ days, shape, by }, set] = useQueryStates({
    days: parseAsStringLiteral(DAYS).withDefault("30"),
    shape: parseAsStringLiteral(SHAPES).withDefault("chart"),
    by: parseAsStringLiteral(BY).withDefault("day"),
  });
  const [now] = useState(() => new Date());
  const usage = useQuery({
    ...usageReadOptions({ query: { by, from: firstDay(Number(days), now) } }),
    refetchInterval: REFRESH_MS,
  });
  const names = useNames(by);
  const isChart = by === "day" && shape === "chart";
  return (
    <Card>
      <CardHead
        title="Usage and cost"
        note={isAdmin ? "Of the whole organisation" : "Your own"}
        actions={
          <div className="flex flex-wrap gap-2">
            {by === "day" && (
              <Choice
                label="Shown as"
                options={[
                  { value: "chart", label: "Chart" },
                  { value: "table", label: "Table" },
                ]}
                value={shape}
                onChange={(value) =>
                  void set({ shape: SHAPES.find((one) => one === value) ?? null })
                }
              />
            )}
            <Select
              aria-label="Grouped by"
              options={BY.filter((one) => isAdmin || one !== "user").map((one) => ({
                value: one,
                label: `By ${one}`,
              }))}
              value={by}
              onChange={({ target }) =>
                void set({ by: BY.find((one) => one === target.value) ?? null })
              }
            />
            <Select
              aria-label="How far back"
              options={DAYS.map((one) => ({ value: one, label: `${one} days` }))}
              value={days}
              onChange={({ target }) =>
                void set({ days: DAYS.find((one) => one === target.value) ?? null })
              }
            />
          </div>
        }
      />
      {usage.isPending && <SkeletonRows rows={4} />}
      {!usage.data && usage.error && (
        <Failure error={usage.error} retry={() => void usage.refetch()} />
      )}
      {usage.data && (
        <div className="grid gap-4 p-4">
          <Totals totals={usage.data.totals} />
          {isChart ? (
            <UsageChart rows={everyDay(usage.data)} />
          ) : (
            <UsageTable by={by} rows={usage.data.rows} names={names} />
          )}
        </div>
      )}
    </Card>
  );
}

function Totals({ totals }: { totals: UsageView["totals"] }) {
  const figures = [
    ["Cost", costInWords(totals.cost_usd)],
    ["Runs", COMPACT.format(totals.runs)],
    ["Tokens read", COMPACT.format(totals.in_tokens)],
    ["Tokens written", COMPACT.format(totals.out_tokens)],
  ];
  return (
    <dl className="grid grid-cols-2 gap-3 sm:grid-cols-4">
      {figures.map(([name, value]) => (
        <div key={name} className="grid">
          <dt className="text-xs text-muted">{name}</dt>
          <dd className="text-xl font-semibold tracking-tight tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
