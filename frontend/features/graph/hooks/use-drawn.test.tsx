// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { graphExpand } from "@/lib/api/client";
import { STEP, type View } from "../lib/address";
import { useDrawn } from "./use-drawn";

vi.mock("@/lib/api/client", () => ({
  graphExpand: vi.fn(() =>
    Promise.resolve({ data: { nodes: [], edges: [], truncated: false, took_ms: 0 } }),
  ),
  graphNodesSearchOptions: () => ({}),
}));

const NOTHING = {
  q: "",
  label: [],
  realm: [],
  source: null,
  property: [],
  found: false,
  without: [],
  hide: [],
  node: null,
  edge: null,
};
const opened = (...ids: string[]): View => ({
  ...NOTHING,
  nodes: ids.map((id) => ({ id, ...STEP })),
});

let client: QueryClient;
let root: Root;

function Page({ view }: { view: View }) {
  useDrawn(view, null);
  return null;
}

async function show(view: View) {
  await act(async () => {
    root.render(
      <QueryClientProvider client={client}>
        <Page view={view} />
      </QueryClientProvider>,
    );
    await vi.advanceTimersByTimeAsync(0);
  });
}

const asked = () => vi.mocked(graphExpand).mock.calls.map(([{ body }]) => body.node_ids?.[0]);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.mocked(graphExpand).mockClear();
  client = new QueryClient({ defaultOptions: { queries: { staleTime: 10_000 } } });
  root = createRoot(document.createElement("div"));
});

afterEach(() => {
  act(() => root.unmount());
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("a step more asks for that step alone", async () => {
  await show(opened("a"));
  await act(() => vi.advanceTimersByTimeAsync(30_000));
  await show(opened("a", "b"));
  expect(asked()).toEqual(["a", "b"]);
});

test("what was opened is read anew after coming back to the page", async () => {
  await show(opened("a"));
  act(() => root.unmount());
  await act(() => vi.advanceTimersByTimeAsync(15_000));
  root = createRoot(document.createElement("div"));
  await show(opened("a"));
  expect(asked()).toEqual(["a", "a"]);
  await act(() => vi.advanceTimersByTimeAsync(15_000));
  await show(opened("a", "b"));
  expect(asked()).toEqual(["a", "a", "b"]);
});
