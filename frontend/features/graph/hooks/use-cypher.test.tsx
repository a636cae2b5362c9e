// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { graphCypher } from "@/lib/api/client";
import { useCypherRun } from "./use-cypher";

vi.mock("@/lib/api/client", () => ({
  ApiError: Error,
  graphCypher: vi.fn(() => Promise.resolve({ data: { columns: [], rows: [] } })),
}));
vi.mock("@/features/session", () => ({
  useMe: () => ({ realms: ["*"] }),
  useOwn: () => localStorage,
}));

beforeEach(() => void vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true));
afterEach(() => void vi.unstubAllGlobals());

test("a query that is run again after coming back is asked again", async () => {
  const client = new QueryClient();
  let ask: ReturnType<typeof useCypherRun>["ask"] = () => undefined;
  function Page() {
    ask = useCypherRun().ask;
    return null;
  }
  async function visit() {
    const root = createRoot(document.createElement("div"));
    const page = (
      <QueryClientProvider client={client}>
        <Page />
      </QueryClientProvider>
    );
    await act(async () => root.render(page));
    await act(async () => ask("MATCH (n) RETURN n", "", 10));
    await act(async () => root.unmount());
  }
  await visit();
  await visit();
  expect(graphCypher).toHaveBeenCalledTimes(2);
});
