import { describe, expect, it } from "vitest";
import { edited, rows } from "./args";
import { outcome, timeLeft, whyNot } from "./words";

describe("arguments that a person edits", () => {
  const args = { key: "service:payments", properties: { port: 8080 } };

  it("are the same however they are laid out", () => {
    expect(edited(JSON.stringify(args, null, 4), args)).toEqual({ kind: "same" });
  });

  it("replace those of the model when they are another object", () => {
    const text = JSON.stringify({ ...args, key: "service:pay" });
    expect(edited(text, args)).toMatchObject({ kind: "changed", args: { key: "service:pay" } });
  });

  it("are refused when they are no JSON, or no object", () => {
    expect(edited("{", args)).toMatchObject({ kind: "faulty" });
    expect(edited("[1]", args)).toMatchObject({ kind: "faulty" });
    expect(edited("null", args)).toMatchObject({ kind: "faulty" });
  });

  it("are read as rows, nested names joined", () => {
    expect(rows({ ...args, labels: ["Service", "App"], none: {} })).toEqual([
      { name: "key", value: "service:payments" },
      { name: "properties.port", value: "8080" },
      { name: "labels", value: "Service, App" },
      { name: "none", value: "none" },
    ]);
  });
});

describe("an approval in words", () => {
  it("counts down and is over at its end", () => {
    const end = "2026-01-01T00:05:00Z";
    const at = Date.parse(end);
    expect(timeLeft(end, at - 65_000)).toBe("1:05");
    expect(timeLeft(end, at - 3_661_000)).toBe("1:01:01");
    expect(timeLeft(end, at - 7 * 86_400_000)).toBe("7 d 0 h");
    expect(timeLeft(end, at)).toBeNull();
  });

  it("says who decides what", () => {
    expect(whyNot("viewer", "write")).not.toBeNull();
    expect(whyNot("member", "write")).toBeNull();
    expect(whyNot("member", "destructive")).not.toBeNull();
    expect(whyNot("admin", "destructive")).toBeNull();
  });

  it("says that an effect which nobody saw the end of may have happened", () => {
    expect(outcome("approved", "unknown")).toContain("may or may not");
    expect(outcome("denied", "none")).toContain("did not run");
  });
});
