// What an agent's model may be given, as people know it.
import type { Effect } from "@/lib/api/client";
import type { Tone } from "@/ui/badge";

export interface Tool {
  name: string;
  effect: Effect;
  /** What it does, in a few words. */
  does: string;
}

/** The tools that chat has, in the order in which models are told of them. */
export const TOOLS: readonly Tool[] = [
  { name: "search_graph", effect: "read", does: "Finds nodes by words and labels" },
  { name: "expand_node", effect: "read", does: "Shows what a node is connected to" },
  { name: "run_cypher", effect: "read", does: "Asks the graph in openCypher, reading only" },
  { name: "list_connectors", effect: "read", does: "Lists the connected sources" },
  { name: "search_connector_tools", effect: "read", does: "Finds tools of the sources" },
  {
    name: "execute_connector_tool",
    effect: "destructive",
    does: "Runs a tool of a source; the effect is that of the tool",
  },
  { name: "upsert_node", effect: "write", does: "Makes a node, or says more of one" },
  { name: "link_nodes", effect: "write", does: "Connects two nodes" },
];

/** The one that runs the tools of sources: those that are named, or any where none is. */
export const CONNECTOR_TOOL = "execute_connector_tool";

export const EFFECTS: Record<Effect, { tone: Tone; name: string; means: string }> = {
  read: { tone: "good", name: "reads", means: "Only reads." },
  write: { tone: "warn", name: "writes", means: "Changes something that can be changed back." },
  destructive: { tone: "bad", name: "destroys", means: "May change what cannot be brought back." },
};

/** Whether an entry names tools of a source: `source.tool`, either of which may be `*`. */
export function isSourceTool(entry: string): boolean {
  return entry.includes(".");
}
