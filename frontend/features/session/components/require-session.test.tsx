// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { authMeQueryKey, type MeView } from "@/lib/api/client";
import { useOwn } from "../hooks/use-own";
import { RequireSession } from "./require-session";

vi.mock("next/navigation", () => ({
  usePathname: () => "/",
  useRouter: () => ({ replace: () => undefined }),
  useSearchParams: () => new URLSearchParams(),
}));

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  localStorage.clear();
});
afterEach(() => void vi.unstubAllGlobals());

function me(principal: string): MeView {
  return { principal, org: { id: "org_1" }, realms: ["*"], credential: "session" } as MeView;
}

/** Keeps what is typed, as pages do. */
function Page({ typed }: { typed: string }) {
  const own = useOwn();
  const [text] = useState(() => own.getItem("draft") ?? typed);
  useEffect(() => own.setItem("draft", text), [own, text]);
  return text;
}

test("what one person typed is not there for the next, and is for the first again", async () => {
  const client = new QueryClient();
  const place = document.createElement("div");
  const root = createRoot(place);
  async function show(principal: string, typed: string) {
    await act(async () => client.setQueryData(authMeQueryKey(), me(principal)));
    const page = (
      <QueryClientProvider client={client}>
        <RequireSession>
          <Page typed={typed} />
        </RequireSession>
      </QueryClientProvider>
    );
    await act(async () => root.render(page));
  }
  await show("user_ada", "who owns payments?");
  expect(place.textContent).toBe("who owns payments?");
  await show("user_grace", "");
  expect(place.textContent).not.toContain("payments");
  await show("user_ada", "");
  expect(place.textContent).toBe("who owns payments?");
  await act(async () => root.unmount());
});
