import { describe, expect, it } from "vitest";
import { isPasswordFit, passwordRules } from "./password-rules";

const EMAIL = "ada.lovelace@example.org";

function broken(password: string) {
  return passwordRules(password, EMAIL).flatMap(({ text, isKept }) => (isKept ? [] : [text]));
}

describe("the rules of a new password", () => {
  it("are kept by a few words", () => {
    expect(isPasswordFit("correct horse battery", EMAIL)).toBe(true);
  });

  it("name what is broken", () => {
    expect(broken("short")).toEqual(["12 to 256 characters"]);
    expect(broken("a".repeat(20))).toEqual(["at least 5 different ones"]);
    expect(broken("")).toHaveLength(3);
  });

  it("know the address by either half, whatever its case", () => {
    expect(broken("Ada.Lovelace")).toEqual(["not the e-mail address"]);
    expect(broken(" ADA.lovelace@example.org".trim())).toEqual(["not the e-mail address"]);
    expect(isPasswordFit("ada.lovelace-17", EMAIL)).toBe(true);
  });

  it("count characters, not the units they are stored in", () => {
    expect(broken("🦀🐙🦑🐟🐬🐳")).toEqual(["12 to 256 characters"]);
    expect(isPasswordFit("🦀🐙🦑🐟🐬🐳🦀🐙🦑🐟🐬🐳", EMAIL)).toBe(true);
    expect(broken("abcde".repeat(52))).toEqual(["12 to 256 characters"]);
  });

  it("do not forbid an address that is not typed yet", () => {
    expect(isPasswordFit("correct horse battery", "")).toBe(true);
  });
});
