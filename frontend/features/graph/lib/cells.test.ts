import { describe, expect, it } from "vitest";
import { partOf } from "./cells";

const node = (id: string) => ({ id: `n_${id}`, labels: ["X"], properties: {}, sources: [] });
const edge = (id: string, from: string, to: string) => ({
  id: `e_${id}`,
  type: "USES",
  from: `n_${from}`,
  to: `n_${to}`,
  properties: {},
});

describe("the graph in an answer", () => {
  it("is found in cells, lists, maps and paths, each thing once", () => {
    const rows = [
      [node("1"), 7, "text", null],
      [[node("1"), node("2")], { deep: { nodes: [node("3")], edges: [edge("1", "1", "2")] } }],
    ];
    const { nodes, edges, loose } = partOf({ rows });
    expect([...nodes.keys()]).toEqual(["n_1", "n_2", "n_3"]);
    expect([...edges.keys()]).toEqual(["e_1"]);
    expect(loose).toBe(0);
  });

  it("counts edges whose ends are not in the answer", () => {
    expect(partOf({ rows: [[edge("1", "1", "2")], [edge("1", "1", "2")]] })).toMatchObject({
      loose: 1,
    });
  });

  it("is nothing in an answer of numbers and maps that look like nothing", () => {
    expect(partOf({ rows: [[1, { id: "n_1" }, { labels: [] }]] }).nodes.size).toBe(0);
  });
});
