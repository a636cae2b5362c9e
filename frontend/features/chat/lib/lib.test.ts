import { describe, expect, it } from "vitest";
import { draftOf, keepDraft, withGiven } from "./drafts";
import { firstQuestions } from "./first-questions";
import { target } from "./links";
import { duration, usageOf } from "./words";

describe("drafts", () => {
  function store(): Storage {
    const kept = new Map<string, string>();
    return {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    } as unknown as Storage;
  }

  it("are kept for each conversation by itself", () => {
    const kept = store();
    keepDraft("conv_1", "half a question", kept);
    keepDraft(null, "another", kept);
    expect(draftOf("conv_1", kept)).toBe("half a question");
    expect(draftOf(null, kept)).toBe("another");
    expect(draftOf("conv_2", kept)).toBe("");
  });

  it("are forgotten when they are sent", () => {
    const kept = store();
    keepDraft("conv_1", "text", kept);
    keepDraft("conv_1", "", kept);
    expect(draftOf("conv_1", kept)).toBe("");
  });

  it("take a text that is given after them, and once", () => {
    expect(withGiven("", "given")).toBe("given");
    expect(withGiven("typed", null)).toBe("typed");
    expect(withGiven("typed", "given")).toBe("typed\n\ngiven");
    expect(withGiven("typed\n\ngiven", "given")).toBe("typed\n\ngiven");
    expect(withGiven("book", "ok")).toBe("book\n\nok");
  });

  it("may be lost where nothing may be kept, and that is all", () => {
    const full = {
      getItem: () => {
        throw new Error("forbidden");
      },
      setItem: () => {
        throw new Error("full");
      },
    } as unknown as Storage;
    expect(() => keepDraft(null, "text", full)).not.toThrow();
    expect(draftOf(null, full)).toBe("");
  });
});

describe("a link in an answer", () => {
  const id = "n_01976b4e-7c00-7000-8000-000000000000";

  it("leads to a node of the graph, to the web, or to a mail", () => {
    expect(target(`node:${id}`)).toEqual({ kind: "node", id, href: `/graph/?node=${id}` });
    expect(target("https://example.com/a?b=1")).toMatchObject({ kind: "away" });
    expect(target("mailto:ada@example.com")).toMatchObject({ kind: "away" });
  });

  it("leads nowhere else", () => {
    const bad = [
      "javascript:alert(1)",
      " JaVaScript:alert(1)",
      "data:text/html,x",
      "file:///etc/passwd",
    ];
    const ours = ["/api/v1/auth/logout", "//evil.example", "#x", "node:other", "node:n_../x", ""];
    for (const address of [...bad, ...ours]) expect(target(address)).toEqual({ kind: "none" });
    expect(target(undefined)).toEqual({ kind: "none" });
  });
});

describe("an answer in words", () => {
  it("says what it used, and no cost where none is known", () => {
    expect(usageOf({ in_tokens: 12_116, out_tokens: 130, cost_usd: 0 })).toBe(
      "12,116 tokens in · 130 out",
    );
    expect(usageOf({ in_tokens: 1, out_tokens: 2, cost_usd: 0.00123 })).toContain("$0.00123");
  });

  it("says how long a tool took", () => {
    expect([0.2, 955, 1_234, 61_000].map(duration)).toEqual([
      "1 ms",
      "955 ms",
      "1.2 s",
      "1 min 1 s",
    ]);
  });

  it("asks nothing first that no source can answer", () => {
    expect(firstQuestions([])).not.toContain("Who wrote README.md?");
    expect(firstQuestions(["json", "git"])).toContain("Who wrote README.md?");
  });
});
