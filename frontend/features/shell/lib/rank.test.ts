import { describe, expect, it } from "vitest";
import { score, sections, type Rankable } from "./rank";

const ENTRIES: Rankable[] = [
  { id: "page:/sources/", group: "Pages", title: "Sources", words: "connectors syncs" },
  { id: "page:/settings/", group: "Pages", title: "Settings", words: "model security" },
  { id: "do:connect", group: "Actions", title: "Connect a source" },
  { id: "do:chat", group: "Actions", title: "New conversation", words: "chat ask" },
  { id: "do:sync:src_1", group: "Actions", title: "Sync infra", onAsk: true },
  { id: "src_1", group: "Sources", title: "infra", detail: "git · infrastructure" },
  { id: "src_2", group: "Sources", title: "team-infra", detail: "csv · crm" },
  { id: "n_1", group: "Nodes", title: "payments-api", detail: "Service", isFound: true },
];

function shown(query: string, recent: string[] = []) {
  return sections(query, ENTRIES, recent).map(({ group, entries }) => [
    group,
    ...entries.map(({ id }) => id),
  ]);
}

describe("the palette", () => {
  it("shows what was opened lately, then actions and pages, while nothing is typed", () => {
    expect(shown("", ["src_2", "page:/settings/", "gone"])).toEqual([
      ["Recent", "src_2", "page:/settings/"],
      ["Actions", "do:connect", "do:chat"],
      ["Pages", "page:/sources/"],
    ]);
    expect(shown("  ").map(([group]) => group)).toEqual(["Actions", "Pages"]);
  });

  it("puts the group with the best fit first, and the best fit first within it", () => {
    const [first, second] = shown("infra");
    expect(first).toEqual(["Sources", "src_1", "src_2"]);
    expect(second).toEqual(["Actions", "do:sync:src_1"]);
  });

  it("wants every word that was typed", () => {
    expect(shown("sync infra")).toEqual([
      ["Actions", "do:sync:src_1"],
      ["Nodes", "n_1"],
    ]);
    expect(shown("sync nothing")).toEqual([["Nodes", "n_1"]]);
  });

  it("knows initials, other words for a thing, and what stands beside it", () => {
    const [connector] = shown("connectors");
    expect(connector).toEqual(["Pages", "page:/sources/"]);
    expect(shown("nc")[0]?.slice(0, 2)).toEqual(["Actions", "do:chat"]);
    expect(shown("csv")[0]).toEqual(["Sources", "src_2"]);
  });

  it("keeps what the server found for a reason that is not seen", () => {
    expect(shown("checkout")).toEqual([["Nodes", "n_1"]]);
  });

  it("prefers what was opened lately among what fits nearly as well", () => {
    const twins: Rankable[] = [
      { id: "a", group: "Tasks", title: "Report daily" },
      { id: "b", group: "Tasks", title: "Report weekly" },
    ];
    const [tasks] = sections("report", twins, ["b"]);
    expect(tasks?.entries.map(({ id }) => id)).toEqual(["b", "a"]);
  });

  it("shows a few of many", () => {
    const many = Array.from({ length: 50 }, (_, at): Rankable => {
      return { id: `t${at}`, group: "Tasks", title: `task ${at}` };
    });
    expect(sections("task", many, [])[0]?.entries).toHaveLength(6);
  });

  it("counts the beginning of a title more than a word in it, and that more than a part", () => {
    const worth = (title: string) => score("graph", { id: "x", group: "Pages", title });
    expect(worth("Graph view")).toBeGreaterThan(worth("The graph"));
    expect(worth("The graph")).toBeGreaterThan(worth("Paragraph"));
    expect(worth("Chat")).toBe(0);
  });
});
