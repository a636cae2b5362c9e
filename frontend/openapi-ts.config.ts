import { readFileSync } from "node:fs";
import { defineConfig } from "@hey-api/openapi-ts";

// What streams is read by features/chat; a query would wait for its end.
const STREAMS = new Set(["conversations_stream", "messages_send", "agents_execute"]);

// A property that may be anything is `true` in JSON Schema, which the generator leaves out; `{}` says the same to it.
function spelledOut(key: string, value: unknown): unknown {
  if (key !== "properties" || typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, it]) => [name, it === true ? {} : it]),
  );
}

const document = JSON.parse(readFileSync("../docs/openapi.json", "utf8"), spelledOut) as object;

export default defineConfig({
  input: document as Record<string, unknown>,
  output: { path: "lib/api/generated", clean: true },
  parser: {
    hooks: {
      operations: {
        isQuery: ({ operationId, id }) => (STREAMS.has(operationId ?? id) ? false : undefined),
        isMutation: ({ operationId, id }) => (STREAMS.has(operationId ?? id) ? false : undefined),
      },
    },
  },
  plugins: [
    { name: "@hey-api/client-fetch", throwOnError: true },
    "@hey-api/typescript",
    { name: "@hey-api/sdk", operations: { strategy: "flat" } },
    { name: "@tanstack/react-query", infiniteQueryOptions: true },
  ],
});
