import { describe, expect, it } from "vitest";
import { changed, cronOf, presetOf, type Preset } from "./schedule";

const USUAL: [Preset, string][] = [
  [{ kind: "minutes", every: 15 }, "*/15 * * * *"],
  [{ kind: "hourly", minute: 5 }, "5 * * * *"],
  [{ kind: "daily", time: "06:30" }, "30 6 * * *"],
  [{ kind: "weekdays", time: "00:00" }, "0 0 * * MON-FRI"],
  [{ kind: "weekly", day: 0, time: "18:05" }, "5 18 * * 0"],
  [{ kind: "monthly", day: 31, time: "09:00" }, "0 9 31 * *"],
];

describe("a usual schedule", () => {
  it.each(USUAL)("%j is cron and comes back as what was chosen", (preset, cron) => {
    expect(cronOf(preset)).toBe(cron);
    expect(presetOf(cron)).toEqual(preset);
  });
});

describe("any other", () => {
  it.each(["*/7 * * * *", "0 6 1 * MON-FRI", "*/15 8 * * *", "@daily", "0 6 * JAN *", "0 * 1 * *"])(
    "%s stays cron",
    (cron) => {
      expect(presetOf(cron)).toEqual({ kind: "cron", cron });
      expect(cronOf(presetOf(cron))).toBe(cron);
    },
  );
});

describe("another kind", () => {
  it("keeps the time of day", () => {
    expect(changed({ kind: "daily", time: "07:45" }, "weekly")).toEqual({
      kind: "weekly",
      day: 1,
      time: "07:45",
    });
    expect(changed({ kind: "daily", time: "07:45" }, "cron")).toEqual({
      kind: "cron",
      cron: "45 7 * * *",
    });
  });
});
