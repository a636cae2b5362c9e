import { defineConfig } from "@hey-api/openapi-ts";

// What streams is read by features/chat; a query would wait for its end.
const STREAMS = new Set(["conversations_stream", "messages_send", "agents_execute"]);

export default defineConfig({
  input: "../docs/openapi.json",
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
