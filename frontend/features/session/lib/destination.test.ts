import { describe, expect, it } from "vitest";
import { destination, signInAddress } from "./destination";

describe("where to go after signing in", () => {
  it("is the place one wanted to go, with all that its address says", () => {
    expect(destination("/graph/?node=n_1&label=Commit")).toBe("/graph/?node=n_1&label=Commit");
    expect(destination(null)).toBe("/");
    expect(destination("")).toBe("/");
  });

  it("is never somewhere else, whatever the address says", () => {
    for (const to of [
      "https://evil.example",
      "//evil.example",
      "/\\evil.example",
      "\\\\evil.example",
      "javascript:alert(1)",
      "/\t/evil.example",
      "/\n/evil.example",
      "evil",
    ]) {
      expect(destination(to)).toBe("/");
    }
  });

  it("is not the sign-in itself", () => {
    expect(destination("/login/?to=/login/")).toBe("/");
    expect(destination("/register/")).toBe("/");
  });

  it("comes back out of the address that leads to the sign-in", () => {
    const address = signInAddress("/tasks/", "task=task_1&tab=runs");
    expect(address).toBe("/login/?to=%2Ftasks%2F%3Ftask%3Dtask_1%26tab%3Druns");
    const to = new URL(address, "http://localhost").searchParams.get("to");
    expect(destination(to)).toBe("/tasks/?task=task_1&tab=runs");
    expect(signInAddress("/", "")).toBe("/login/");
  });
});
