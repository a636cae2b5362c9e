import { describe, expect, it } from "vitest";
import type { Edge, Node } from "@/lib/api/client";
import { keepAll, loosen, scene, sync, type Places } from "./scene";
import { degrees, merged, shown } from "./subgraph";

const TIME = "2026-01-01T00:00:00Z";
const node = (id: string, label = "Service"): Node => ({
  id,
  labels: [label],
  properties: { name: id },
  realm: "data",
  sources: [],
  provenance: {},
  valid_from: TIME,
  recorded_at: TIME,
});
const edge = (from: string, to: string, type = "USES"): Edge => ({
  id: `${from}-${type}-${to}`,
  type,
  from,
  to,
  properties: {},
  realm: "data",
  valid_from: TIME,
  recorded_at: TIME,
});

const star = {
  nodes: [node("hub"), node("a"), node("b")],
  edges: [edge("hub", "a"), edge("hub", "b")],
};
const more = {
  nodes: [node("a"), node("c")],
  edges: [edge("a", "c"), edge("a", "c", "OWNS"), edge("c", "gone")],
};

describe("answers together", () => {
  it("have each thing once, and no edge with an end that is not there", () => {
    const { nodes, edges } = merged([star, more]);
    expect([...nodes.keys()]).toEqual(["hub", "a", "b", "c"]);
    expect(edges.size).toBe(4);
  });

  it("leave out what was removed, with its edges", () => {
    const part = merged([star, more], ["a"]);
    expect([...part.nodes.keys()]).toEqual(["hub", "b", "c"]);
    expect([...part.edges.keys()]).toEqual(["hub-USES-b"]);
  });

  it("say of a thing that is in several what the last one says", () => {
    const renamed = { ...node("a"), properties: { name: "new" } };
    expect(merged([star, { nodes: [renamed], edges: [] }]).nodes.get("a")).toBe(renamed);
  });

  it("count a loop once", () => {
    expect(degrees(merged([{ nodes: [node("a")], edges: [edge("a", "a")] }])).get("a")).toBe(1);
  });

  it("hide by label", () => {
    const part = merged([{ ...star, nodes: [...star.nodes, node("t", "Team")] }]);
    expect(shown(part, ({ labels }) => labels.includes("Service")).nodes.size).toBe(1);
  });
});

describe("the scene", () => {
  it("keeps what is known where it is, and lets only the new move", () => {
    const [it, places]: [ReturnType<typeof scene>, Places] = [scene(), new Map()];
    sync(it, merged([star]), places);
    it.updateEachNodeAttributes((_, dot) => ({ ...dot, x: dot.x * 3 + 1, y: dot.y - 9 }));
    const before = it.getNodeAttributes("b");
    const { added } = sync(it, merged([star, more]), places);
    expect(added).toEqual(["c"]);
    expect(it.getNodeAttributes("b")).toMatchObject({ x: before.x, y: before.y, fixed: true });
    expect(it.getNodeAttribute("c", "fixed")).toBe(false);
  });

  it("puts no two new nodes on one spot", () => {
    const it = scene();
    const leaves = Array.from({ length: 50 }, (_, at) => node(`leaf${at}`));
    sync(
      it,
      merged([{ nodes: [node("hub"), ...leaves], edges: leaves.map(({ id }) => edge("hub", id)) }]),
      new Map(),
    );
    const spots = it.mapNodes((_, { x, y }) => `${x.toFixed(2)} ${y.toFixed(2)}`);
    expect(new Set(spots).size).toBe(51);
  });

  it("brings things back to where they stood", () => {
    const [it, places]: [ReturnType<typeof scene>, Places] = [scene(), new Map()];
    sync(it, merged([star, more]), places);
    it.mergeNodeAttributes("c", { x: 123, y: 45, pinned: true });
    expect(sync(it, merged([star]), places).removed).toEqual(["c"]);
    sync(it, merged([star, more]), places);
    expect(it.getNodeAttributes("c")).toMatchObject({ x: 123, y: 45, pinned: true, fixed: true });
  });

  it("names the types of parallel edges once", () => {
    const it = scene();
    sync(it, merged([star, more]), new Map());
    expect(it.mapEdges((_, { label }) => label).filter((label) => label.includes("OWNS"))).toEqual([
      "USES, OWNS",
    ]);
  });

  it("frees all but what was pinned", () => {
    const [it, places]: [ReturnType<typeof scene>, Places] = [scene(), new Map()];
    sync(it, merged([star]), places);
    sync(it, merged([star]), places);
    it.setNodeAttribute("a", "pinned", true);
    loosen(it);
    expect(it.filterNodes((_, { fixed }) => fixed)).toEqual(["a"]);
    keepAll(it, places);
    expect(places.size).toBe(3);
  });
});
