// What the server stands on, in words: what each part is for, and what its state means.
import type { Tone } from "@/ui/badge";

interface Dependency {
  name: string;
  /** What it is for. */
  use: string;
  /** What does not work while it is down. */
  without: string;
}

const DEPENDENCIES: Record<string, Dependency> = {
  postgres: {
    name: "Database",
    use: "Keeps everything: the ledger of the graph, chats, tasks.",
    without: "Nothing can be read or written until it is back.",
  },
  neo4j: {
    name: "Graph engine",
    use: "Answers Cypher, and looks for paths.",
    without: "Search and paths pause; nothing is lost, and it catches up by itself.",
  },
  redis: {
    name: "Event bus",
    use: "Carries what happens between servers and pages.",
    without: "Pages may lag behind; nothing is lost.",
  },
  llm: {
    name: "Model",
    use: "Answers in chat and in tasks.",
    without: "Agents cannot answer; everything else works.",
  },
};

export function dependencyOf(key: string): Dependency {
  return DEPENDENCIES[key] ?? { name: key, use: "", without: "What needs it does not work." };
}

/** A state of a dependency. */
export function stateOf(state: string): { word: string; tone: Tone } {
  switch (state) {
    case "ok":
      return { word: "works", tone: "good" };
    case "reachable":
      return { word: "set up", tone: "accent" };
    case "down":
      return { word: "down", tone: "bad" };
    default:
      return { word: state, tone: "plain" };
  }
}

/** What a state of a dependency means. */
export function meaningOf(key: string, state: string): string {
  const { use, without } = dependencyOf(key);
  if (state === "down") return without;
  return state === "reachable" ? `${use} Whether it takes our key shows at the first use.` : use;
}
