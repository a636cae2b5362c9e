import { costInWords, type UsageRow } from "../lib/usage";

const NUMBERS = new Intl.NumberFormat("en");
const HEADS = { day: "Day", model: "Model", agent: "Agent", user: "Person" } as const;
const NOBODY = { day: "–", model: "no model", agent: "no agent", user: "nobody" } as const;

interface Props {
  by: keyof typeof HEADS;
  rows: readonly UsageRow[];
  /** What the keys are called. */
  names: ReadonlyMap<string, string>;
}

/** Usage in numbers. */
export function UsageTable({ by, rows, names }: Props) {
  if (rows.length === 0) return <p className="text-muted">Nothing was used in this time.</p>;
  return (
    <div className="max-h-80 overflow-auto rounded-md border">
      <table className="w-full text-left">
        <caption className="sr-only">Usage by {by}</caption>
        <thead className="sticky top-0 bg-surface text-xs text-muted">
          <tr className="border-b">
            {[HEADS[by], "Runs", "Tokens read", "Tokens written", "Cost"].map((head, at) => (
              <th
                key={head}
                scope="col"
                className={at === 0 ? "px-3 py-2 font-medium" : "px-3 py-2 text-right font-medium"}
              >
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key ?? ""} className="border-b last:border-0">
              <th scope="row" className="max-w-56 truncate px-3 py-2 font-normal">
                {row.key ? (names.get(row.key) ?? row.key) : NOBODY[by]}
              </th>
              {[row.runs, row.in_tokens, row.out_tokens].map((number, at) => (
                <td key={at} className="px-3 py-2 text-right tabular-nums">
                  {NUMBERS.format(number)}
                </td>
              ))}
              <td className="px-3 py-2 text-right tabular-nums">{costInWords(row.cost_usd)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
