import { describe, expect, it } from "vitest";
import { causeInWords, triggerInWords } from "./trigger-words";

describe("what sets a task off, in words", () => {
  it("says when the clock does, and by which clock", () => {
    expect(
      triggerInWords({ kind: "schedule", cron: "0 6 * * MON-FRI", timezone: "Europe/Berlin" }),
    ).toBe("On weekdays at 06:00 (Europe/Berlin)");
  });

  it("keeps a schedule that has no short words", () => {
    expect(triggerInWords({ kind: "schedule", cron: "*/7 * * * *" })).toBe(
      "By the schedule */7 * * * * (UTC)",
    );
  });

  it("names what may happen, and where", () => {
    expect(
      triggerInWords({
        kind: "lifecycle",
        events: ["sync.failed", "graph.changed"],
        filter: { realm: "crm", label: "Person" },
      }),
    ).toBe("When a sync fails or the graph changes for Person nodes in crm");
  });

  it("says who set a run off", () => {
    expect(causeInWords({ kind: "manual", actor: "usr_1" }, () => "you")).toBe("by you");
    expect(causeInWords({ kind: "lifecycle", event: "sync.failed", event_id: "1" }, () => "")).toBe(
      "by sync.failed",
    );
  });
});
