import { describe, expect, it } from "vitest";
import { addressFault, addressesOf, toCreate, type KeyForm } from "./key-form";

const FORM: KeyForm = {
  name: " ci ",
  notes: "",
  role: "member",
  realms: ["*"],
  canApprove: false,
  days: 30,
  addresses: "10.0.0.0/8, 203.0.113.7\n::1",
};

describe("the form of an API key", () => {
  it("is sent as the API wants it", () => {
    expect(toCreate(FORM, new Date("2026-01-01T00:00:00Z"))).toEqual({
      name: "ci",
      notes: "",
      role: "member",
      realms: ["*"],
      can_approve: false,
      expires_at: "2026-01-31T00:00:00.000Z",
      allowed_ips: ["10.0.0.0/8", "203.0.113.7", "::1"],
    });
    expect(toCreate({ ...FORM, days: null }, new Date()).expires_at).toBeNull();
  });

  it("takes addresses however they are parted", () => {
    expect(addressesOf("")).toEqual([]);
    expect(addressesOf(" a,\n b;c  d ")).toEqual(["a", "b", "c", "d"]);
  });

  it("names the address that is none", () => {
    const faults = new Map([["allowed_ips[1]", "an IP address"]]);
    expect(addressFault(faults, "10.0.0.1 nonsense")).toBe("nonsense: an IP address");
    expect(addressFault(new Map([["allowed_ips", "at most 50"]]), "")).toBe("at most 50");
    expect(addressFault(new Map([["name", "x"]]), "")).toBeUndefined();
  });
});
