import { describe, expect, it } from "vitest";
import type { LlmView } from "@/lib/api/client";
import {
  fromView,
  isChanged,
  needsKeyAgain,
  toPut,
  upstreamWords,
  withProvider,
} from "./model-form";

const OWN: LlmView = {
  provider: "openai",
  model: "gpt-5-mini",
  base_url: null,
  api_key: "****abcd",
  fallbacks: [{ model: "gpt-5-nano" }],
  source: "org",
  updated_at: "2026-01-01T00:00:00Z",
};
const ENVIRONMENT: LlmView = { ...OWN, api_key: "****", fallbacks: [], source: "environment" };

describe("the form of the model provider", () => {
  it("leaves a stored key alone until another one is typed", () => {
    const form = fromView(OWN);
    expect(isChanged(form, OWN)).toBe(false);
    expect(toPut(form)).toEqual({
      provider: "openai",
      model: "gpt-5-mini",
      base_url: null,
      fallbacks: [{ model: "gpt-5-nano" }],
    });
    expect(toPut({ ...form, key: "sk-new" }).api_key).toBe("sk-new");
    expect(toPut({ ...form, key: "" }).api_key).toBeNull();
  });

  it("does not take over the key of the environment", () => {
    expect(fromView(ENVIRONMENT).key).toBe("");
    expect(toPut(fromView(ENVIRONMENT)).api_key).toBeNull();
  });

  it("asks for the key again when it would go to another place", () => {
    const form = fromView(OWN);
    expect(needsKeyAgain(form, OWN)).toBe(false);
    expect(needsKeyAgain({ ...form, baseUrl: "https://api.openai.com/v1/" }, OWN)).toBe(false);
    const elsewhere = { ...form, baseUrl: "https://models.example.org/v1" };
    expect(needsKeyAgain(elsewhere, OWN)).toBe(true);
    expect(needsKeyAgain({ ...elsewhere, key: "sk-new" }, OWN)).toBe(false);
    expect(needsKeyAgain({ ...elsewhere, key: "" }, OWN)).toBe(false);
  });

  it("starts anew with another provider, and comes back to what is stored", () => {
    const other = withProvider(fromView(OWN), "anthropic", OWN);
    expect(other).toEqual({
      provider: "anthropic",
      model: "claude-sonnet-5-5",
      baseUrl: "",
      key: "",
      fallbacks: "",
    });
    expect(withProvider(other, "openai", OWN)).toEqual(fromView(OWN));
  });

  it("sends neither address nor key with the built-in model", () => {
    const form = { ...fromView(OWN), provider: "builtin" as const, baseUrl: "https://x", key: "k" };
    expect(toPut(form)).toMatchObject({ base_url: null, api_key: null });
  });

  it("keeps one fallback a line", () => {
    const form = { ...fromView(OWN), fallbacks: " a \n\nb\n" };
    expect(toPut(form).fallbacks).toEqual([{ model: "a" }, { model: "b" }]);
  });

  it("repeats what the provider said", () => {
    const said = { upstream: { status: 401, message: "no such key" } };
    expect(upstreamWords(said)).toBe("401: no such key");
    expect(upstreamWords({ upstream: { message: "unreadable" } })).toBe("unreadable");
    expect(upstreamWords({})).toBeUndefined();
    expect(upstreamWords(null)).toBeUndefined();
  });
});
