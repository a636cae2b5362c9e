import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// Through a browser, with the real binary: one file after the other, since two cores serve all of it.
export default defineConfig({
  resolve: { alias: { "@": fileURLToPath(new URL(".", import.meta.url)) } },
  test: {
    include: ["e2e/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 90_000,
  },
});
