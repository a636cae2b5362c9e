// The model provider as it is edited: taken whole, but for a key that stays where it was. Pure.
import type { LlmPut, LlmView, Provider } from "@/lib/api/client";

export interface ModelForm {
  provider: Provider;
  model: string;
  /** Empty is the provider's public address. */
  baseUrl: string;
  /** What was typed; null leaves the stored key as it is. */
  key: string | null;
  /** One a line. */
  fallbacks: string;
}

/** What is usual with each provider. */
export const PROVIDERS: Record<Provider, { label: string; model: string; baseUrl: string }> = {
  builtin: { label: "Built in", model: "builtin", baseUrl: "" },
  openai: {
    label: "OpenAI, or a server that speaks the same",
    model: "gpt-6.1-terra",
    baseUrl: "https://api.openai.com/v1",
  },
  anthropic: {
    label: "Anthropic",
    model: "claude-sonnet-5-5",
    baseUrl: "https://api.anthropic.com",
  },
};

/** Whether the org has a key of its own that can stay. The environment's cannot be taken over. */
export function hasOwnKey(view: LlmView): boolean {
  return view.source === "org" && Boolean(view.api_key);
}

export function fromView(view: LlmView): ModelForm {
  return {
    provider: view.provider,
    model: view.model,
    baseUrl: view.base_url ?? "",
    key: hasOwnKey(view) ? null : "",
    fallbacks: view.fallbacks.map(({ model }) => model).join("\n"),
  };
}

/** With another provider: what belongs to the one before means nothing to it. */
export function withProvider(form: ModelForm, provider: Provider, view: LlmView): ModelForm {
  if (provider === view.provider) return fromView(view);
  const { model } = PROVIDERS[provider];
  return { provider, model, baseUrl: "", key: "", fallbacks: "" };
}

export function toPut(form: ModelForm): LlmPut {
  const isBuiltin = form.provider === "builtin";
  const fallbacks = form.fallbacks.split("\n").map((line) => line.trim());
  return {
    provider: form.provider,
    model: form.model.trim(),
    base_url: isBuiltin ? null : form.baseUrl.trim() || null,
    // Left out is unchanged, null is none.
    ...(isBuiltin || form.key !== null ? { api_key: (!isBuiltin && form.key) || null } : {}),
    fallbacks: fallbacks.filter(Boolean).map((model) => ({ model })),
  };
}

export function isChanged(form: ModelForm, view: LlmView): boolean {
  return JSON.stringify(form) !== JSON.stringify(fromView(view));
}

function placeOf(provider: Provider, baseUrl: string): string {
  return `${provider} ${(baseUrl.trim() || PROVIDERS[provider].baseUrl).replace(/\/+$/, "")}`;
}

/** Whether the stored key would go to another place: then it must be given again. */
export function needsKeyAgain(form: ModelForm, view: LlmView): boolean {
  const stays = form.key === null && hasOwnKey(view) && form.provider !== "builtin";
  return (
    stays && placeOf(form.provider, form.baseUrl) !== placeOf(view.provider, view.base_url ?? "")
  );
}

/** The words of a provider that said no, as the API hands them on. */
export function upstreamWords(details: unknown): string | undefined {
  if (typeof details !== "object" || details === null || !("upstream" in details)) return undefined;
  const { upstream } = details;
  if (typeof upstream !== "object" || upstream === null) return undefined;
  const { status, message } = upstream as { status?: unknown; message?: unknown };
  const words = [status, message].filter((it) => typeof it === "number" || typeof it === "string");
  return words.length > 0 ? words.join(": ") : undefined;
}
