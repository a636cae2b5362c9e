import { describe, expect, it } from "vitest";
import { costInWords, durationInWords, tokensInWords } from "./words";

describe("how runs are spoken of", () => {
  it("says a duration in the two units that matter", () => {
    expect(
      [85, 2_449, 59_949, 60_000, 200_000, 3_660_000, 90_000_000].map(durationInWords),
    ).toEqual(["85 ms", "2.4 s", "59.9 s", "1 min", "3 min 20 s", "1 h 1 min", "1 d 1 h"]);
  });

  it("never says that time went backwards", () => {
    expect(durationInWords(-5)).toBe("0 ms");
  });

  it("says no price where none is known", () => {
    expect(costInWords({})).toBe("–");
    expect(costInWords({ cost_usd: 0.00123 })).toBe("$0.0012");
    expect(tokensInWords({ in_tokens: 3479, out_tokens: 181 })).toBe("3.5K → 181");
  });
});
