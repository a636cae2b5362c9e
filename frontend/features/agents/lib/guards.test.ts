import { describe, expect, it } from "vitest";
import { limitsForm, limitsOf, newStanding, standingForm, standingOf } from "./guards";

describe("limits", () => {
  it("say nothing where nothing was typed", () => {
    const form = limitsForm({ steps: 10, cost_usd: 0.5 });
    expect(limitsOf(form)).toEqual({ steps: 10, cost_usd: 0.5 });
    expect(limitsOf({ ...form, steps: " " })).toEqual({ cost_usd: 0.5 });
  });
});

describe("standing approvals", () => {
  const agreed = {
    connector: "graph",
    tool: "upsert_node",
    args_schema: { type: "object" },
    max_per_day: 5,
    expires_at: "2027-01-01T00:00:13.123456Z",
  };

  it("are given back to the letter when nobody touched them", () => {
    expect(standingOf([standingForm(agreed)], [agreed]).value[0]).toBe(agreed);
  });

  it("name the field that holds no JSON", () => {
    const broken = { ...newStanding(new Date()), args_schema: "{" };
    const { faults } = standingOf([standingForm(agreed), broken], [agreed]);
    expect([...faults.keys()]).toEqual(["standing_approvals[1].args_schema"]);
  });

  it("take the time as the clock on the wall shows it", () => {
    const form = { ...newStanding(new Date()), expires_at: "2027-03-01T10:30" };
    expect(standingOf([form], []).value[0]?.expires_at).toBe(
      new Date("2027-03-01T10:30").toISOString(),
    );
  });
});
