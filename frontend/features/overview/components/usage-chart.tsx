"use client";

import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { costInWords, type UsageRow } from "../lib/usage";

const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const DATE = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", timeZone: "UTC" });
const tick = { fill: "var(--muted)", fontSize: 11 };

function day(key: unknown): string {
  return typeof key === "string" ? DATE.format(new Date(key)) : "";
}

/** Cost by day; tokens, where nothing has a price. */
export function UsageChart({ rows }: { rows: readonly UsageRow[] }) {
  const hasCost = rows.some(({ cost_usd }) => cost_usd > 0);
  const name = hasCost ? "Cost" : "Tokens";
  const write = (value: number) => (hasCost ? costInWords(value) : COMPACT.format(value));
  const data = rows.map((row) => ({
    key: row.key,
    value: hasCost ? row.cost_usd : row.in_tokens + row.out_tokens,
    runs: row.runs,
  }));
  return (
    <figure className="grid gap-1">
      <figcaption className="text-xs text-muted">
        {name} by day{!hasCost && "; nothing that was used has a price"}
      </figcaption>
      <div className="h-52 min-w-0">
        <ResponsiveContainer width="100%" height="100%">
          <BarChart data={data} margin={{ top: 8, right: 0, bottom: 0, left: 0 }}>
            <CartesianGrid vertical={false} stroke="var(--line)" />
            <XAxis
              dataKey="key"
              tickFormatter={day}
              tick={tick}
              tickLine={false}
              axisLine={{ stroke: "var(--line)" }}
              minTickGap={24}
            />
            <YAxis
              width={56}
              tick={tick}
              tickLine={false}
              axisLine={false}
              tickFormatter={write}
              allowDecimals={hasCost}
            />
            <Tooltip
              cursor={{ fill: "var(--sunken)" }}
              labelFormatter={day}
              formatter={(value) => [write(Number(value)), name]}
              contentStyle={{
                background: "var(--raised)",
                border: "1px solid var(--line)",
                borderRadius: 8,
                fontSize: 12,
              }}
              itemStyle={{ color: "var(--text)" }}
            />
            <Bar
              dataKey="value"
              name={name}
              fill="var(--accent)"
              radius={[3, 3, 0, 0]}
              maxBarSize={28}
              isAnimationActive={false}
            />
          </BarChart>
        </ResponsiveContainer>
      </div>
    </figure>
  );
}
