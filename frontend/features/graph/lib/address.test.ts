import { describe, expect, it } from "vitest";
import {
  CLEAR,
  close,
  drawn,
  open,
  readStep,
  remove,
  select,
  STEP,
  writeStep,
  type View,
} from "./address";

const NOTHING = { ...CLEAR } as View;
const step = (id: string) => ({ id, ...STEP });

describe("a step in the address", () => {
  it("is the id alone when all is as usual", () => {
    expect(writeStep(step("n_1"))).toBe("n_1");
  });

  it("comes back as it went", () => {
    const odd = {
      id: "n_1",
      depth: 1,
      direction: "out",
      limit: 50,
      types: ["A+B", "C~D", "e,f"],
    } as const;
    expect(readStep(writeStep(odd))).toEqual(odd);
  });

  it("is as usual where the address makes no sense", () => {
    expect(readStep("n_1~9~sideways~0")).toEqual(step("n_1"));
    expect(readStep("n_1~x~in~7~%E0")).toEqual({
      ...step("n_1"),
      direction: "in",
      limit: 7,
      types: ["%E0"],
    });
    expect(readStep("")).toBeNull();
  });
});

describe("what is drawn", () => {
  it("is the neighbourhood of the node of a bare link", () => {
    expect(drawn({ ...NOTHING, node: "n_1" })).toEqual({ nodes: [step("n_1")], found: false });
  });

  it("is what is found where nothing was opened", () => {
    expect(drawn({ ...NOTHING, source: "src_1" })).toEqual({ nodes: [], found: true });
    expect(drawn({ ...NOTHING, q: "  " })).toEqual({ nodes: [], found: false });
  });

  it("stays when another node is looked at", () => {
    const view = { ...NOTHING, node: "n_1" };
    expect(drawn({ ...view, ...select(view, "n_2") })).toEqual(drawn(view));
  });

  it("keeps what was found when a node is opened", () => {
    const view = { ...NOTHING, q: "ledger" };
    const next = { ...view, ...open(view, { id: "n_1" }) };
    expect(drawn(next)).toEqual({ nodes: [step("n_1")], found: true });
  });
});

describe("opening and closing", () => {
  it("opens the same thing once", () => {
    const once = { ...NOTHING, ...open(NOTHING, { id: "n_1" }) };
    expect(open(once, { id: "n_1" }).nodes).toHaveLength(1);
    expect(open(once, { id: "n_1", depth: 2 }).nodes).toHaveLength(2);
  });

  it("brings back what was removed when it is opened", () => {
    const removed = { ...NOTHING, ...remove(NOTHING, ["n_1", "n_2"]) };
    expect(open(removed, { id: "n_1" }).without).toEqual(["n_2"]);
  });

  it("closes what the bare link opened, and its panel", () => {
    const view = { ...NOTHING, node: "n_1" };
    const next = { ...view, ...close(view, step("n_1")) };
    expect(drawn(next).nodes).toEqual([]);
    expect(next.node).toBeNull();
  });

  it("removes a node with what it had opened", () => {
    const view = { ...NOTHING, nodes: [step("n_1"), step("n_2")], node: "n_2" };
    const next = { ...view, ...remove(view, ["n_2"]) };
    expect(next).toMatchObject({ nodes: [step("n_1")], without: ["n_2"], node: null });
  });
});
