import { describe, expect, it } from "vitest";
import { cronInWords } from "./cron-words";

describe("cron in words", () => {
  it.each([
    ["* * * * *", "every minute"],
    ["*/15 * * * *", "every 15 minutes"],
    ["0 * * * *", "every hour"],
    ["5,35 * * * *", "every hour at :05 and :35"],
    ["0 */6 * * *", "every 6 hours at :00"],
    ["30 8 * * *", "every day at 08:30"],
    ["0 6 * * MON-FRI", "on weekdays at 06:00"],
    ["0 6 * * 1-5", "on weekdays at 06:00"],
    ["0 9,17 * * sat,sun", "on weekends at 09:00 and 17:00"],
    ["0 9 * * 7", "every Sunday at 09:00"],
    ["0 9 * * 1,4", "on Monday and Thursday at 09:00"],
    ["0 9 * * MON#1", "on the 1st Monday of every month at 09:00"],
    ["15 4 1,15 * *", "on the 1st and 15th of every month at 04:15"],
    ["0 0 L * *", "on the last day of every month at 00:00"],
    ["0 0 1 JAN *", "on the 1st of January at 00:00"],
    ["0 9-17 * * 1-5", "every hour from 09:00 to 17:00, on weekdays"],
    ["*/10 9-17 * * *", "every 10 minutes from 09:00 to 17:59"],
    ["@hourly", "every hour"],
    ["@Weekly", "every Sunday at 00:00"],
  ])("%s is %s", (cron, words) => {
    expect(cronInWords(cron)).toBe(words);
  });

  it.each([
    "",
    "0 6 * *",
    "0 6 * * * *",
    "0 25 * * *",
    "0 0 1 * MON",
    "0 6 * * FUN",
    "*/7 * * * *",
    "0 0 15W * *",
  ])("has no short words for %j", (cron) => {
    expect(cronInWords(cron)).toBeNull();
  });
});
