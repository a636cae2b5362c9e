// What one might ask first, in forms that every model can answer, the built-in one too.

const OF_GIT = [
  "What changed in the last 7 days?",
  "Which files change most this month?",
  "Who wrote README.md?",
  "How many commits are there?",
];

const OF_OTHERS = ["Which sources are connected?", "What can you do?"];

const OF_NOTHING = [
  "What can you do?",
  "Add a Service named payments with tier = gold in the realm infrastructure",
];

/** Questions that the connected types of sources have an answer to. */
export function firstQuestions(types: readonly string[]): readonly string[] {
  if (types.length === 0) return OF_NOTHING;
  return types.includes("git") ? [...OF_GIT, ...OF_OTHERS] : [...OF_OTHERS, ...OF_NOTHING.slice(1)];
}
