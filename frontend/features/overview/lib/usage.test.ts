import { expect, it } from "vitest";
import { costInWords, everyDay, firstDay } from "./usage";

const NONE = { runs: 0, in_tokens: 0, out_tokens: 0, cost_usd: 0 };

it("fills the days on which nothing happened", () => {
  const busy = { key: "2026-02-28", runs: 2, in_tokens: 5, out_tokens: 1, cost_usd: 0.5 };
  const view = { by: "day", from: "2026-02-27", to: "2026-03-01", rows: [busy], totals: NONE };
  expect(everyDay(view)).toEqual([
    { key: "2026-02-27", ...NONE },
    busy,
    { key: "2026-03-01", ...NONE },
  ]);
});

it("counts today among the days", () => {
  expect(firstDay(7, new Date("2026-03-01T23:59:00Z"))).toBe("2026-02-23");
  expect(firstDay(1, new Date("2026-03-01T00:00:00Z"))).toBe("2026-03-01");
});

it("does not call a small cost nothing", () => {
  expect(costInWords(0)).toBe("$0.00");
  expect(costInWords(0.001)).toBe("< $0.01");
  expect(costInWords(1234.5)).toBe("$1,234.50");
});
