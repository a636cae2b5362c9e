// What an answer says of itself and of its tools, in words.
import type { Call, Ending } from "./log";

type Reason = Extract<Ending, { kind: "ended" }>["reason"];

/** Why an answer ended, where it did not simply end. */
export const REASONS: Record<Reason, string | null> = {
  end_turn: null,
  max_iterations: "It stopped here: it had taken all the turns that it may take.",
  max_tokens: "It stopped here: it had used all the tokens that it may use.",
  max_cost: "It stopped here: it had cost all that it may cost.",
  max_time: "It stopped here: it had worked as long as it may.",
  cancelled: "Stopped.",
  approval_expired: "It stopped here: nobody decided in time.",
};

/** What to do about an answer that broke off. */
export const NEXT_STEPS: Record<string, string> = {
  interrupted: "The server stopped too often while it answered. Ask again.",
  model_failed: "Look at the model's settings, or ask again.",
  model_timeout: "Ask again in a moment.",
  outcome_unknown: "Check whether the change was made before you ask for it again.",
  run_as_gone: "Whoever asked may not any more. Sign in again.",
  cancelled: "Ask again when you want an answer.",
  internal: "Ask again. If it stays so, the server's log knows more.",
};

const TOOLS: Record<string, [doing: string, done: string]> = {
  search_graph: ["Searching the graph", "Searched the graph"],
  expand_node: ["Looking at neighbours", "Looked at neighbours"],
  run_cypher: ["Running a query", "Ran a query"],
  list_connectors: ["Listing sources", "Listed sources"],
  search_connector_tools: ["Looking for tools", "Looked for tools"],
  upsert_node: ["Writing a node", "Wrote a node"],
  link_nodes: ["Linking nodes", "Linked nodes"],
};

/** What a call does or did, and on what. */
export function said({ name, args, result, approval }: Call): { title: string; about: string } {
  const given = (typeof args === "object" && args !== null ? args : {}) as Record<string, unknown>;
  if (name === "execute_connector_tool") return { title: text(given.tool) || name, about: "" };
  const isDone = result !== null && !result.failed;
  const words = TOOLS[name]?.[isDone ? 1 : 0];
  const isHeld = approval !== null && (approval.state !== "approved" || !isDone);
  return { title: (!isHeld && words) || name, about: about(name, given) };
}

function about(name: string, args: Record<string, unknown>): string {
  if (name === "search_graph")
    return [text(args.query), text(args.labels)].filter(Boolean).join(" · ");
  if (name === "link_nodes") return text(args.type);
  return text(args.query) || text(args.key);
}

function text(value: unknown): string {
  if (Array.isArray(value)) return value.map(text).join(", ");
  return typeof value === "string" ? value.replaceAll(/\s+/g, " ") : "";
}

const count = new Intl.NumberFormat("en");
const cost = new Intl.NumberFormat("en", {
  style: "currency",
  currency: "USD",
  minimumSignificantDigits: 1,
  maximumSignificantDigits: 3,
});

/** What an answer used. */
export function usageOf({ in_tokens = 0, out_tokens = 0, cost_usd = 0 }: Usage): string {
  const tokens = `${count.format(in_tokens)} tokens in · ${count.format(out_tokens)} out`;
  return cost_usd > 0 ? `${tokens} · ${cost.format(cost_usd)}` : tokens;
}

type Usage = Extract<Ending, { kind: "ended" }>["usage"];

export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(1, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}
