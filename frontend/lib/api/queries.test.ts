import { QueryObserver } from "@tanstack/react-query";
import { describe, expect, it, vi } from "vitest";
import { Queries } from "./queries";

const KEY = ["source"];

/** A query whose answers are given by hand, in the order in which they were asked for. */
function stage() {
  const queries = new Queries({ defaultOptions: { queries: { retry: false } } });
  const asked: { resolve: (answer: string) => void; reject: (fault: Error) => void }[] = [];
  const queryFn = () =>
    new Promise<string>((resolve, reject) => void asked.push({ resolve, reject }));
  const observer = new QueryObserver(queries, { queryKey: KEY, queryFn });
  observer.subscribe(() => undefined);
  return { queries, asked, observer };
}

describe("a query that is invalidated while it is read for the first time", () => {
  it("is read once more, however often it was", async () => {
    const { queries, asked, observer } = stage();
    void queries.invalidateQueries({ queryKey: KEY });
    void queries.invalidateQueries();
    asked[0]!.resolve("old");
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    asked[1]!.resolve("new");
    await vi.waitFor(() => expect(observer.getCurrentResult().data).toBe("new"));
    expect(asked).toHaveLength(2);
  });

  it("is not read again where the first time failed", async () => {
    const { queries, asked, observer } = stage();
    queries.invalidateQueries({ queryKey: KEY }).catch(() => undefined);
    asked[0]!.reject(new Error("no"));
    await vi.waitFor(() => expect(observer.getCurrentResult().status).toBe("error"));
    expect(asked).toHaveLength(1);
  });

  it("is left alone where something else was meant", async () => {
    const { queries, asked, observer } = stage();
    void queries.invalidateQueries({ queryKey: ["graph"] });
    asked[0]!.resolve("it");
    await vi.waitFor(() => expect(observer.getCurrentResult().data).toBe("it"));
    expect(asked).toHaveLength(1);
  });
});
