import { describe, expect, it } from "vitest";
import type { NodeVersion } from "@/lib/api/client";
import { timeline } from "./history";

const DAY = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"] as const;

function version(part: Partial<NodeVersion>): NodeVersion {
  return {
    asserter: { kind: "source", id: "src_1" },
    external_id: "x",
    labels: ["Service"],
    properties: {},
    valid_from: DAY[0],
    valid_to: null,
    recorded_at: part.valid_from ?? DAY[0],
    ended_at: null,
    superseded_at: null,
    cause: "job_1",
    end_cause: null,
    ...part,
  };
}

const kinds = (versions: NodeVersion[], whole = true) =>
  timeline(versions, whole).map(({ kind, at }) => [kind, at]);

describe("the history of a node", () => {
  it("tells what changed from version to version", () => {
    const told = timeline(
      [
        version({
          valid_from: DAY[1],
          properties: { tier: "gold", replicas: 2 },
          labels: ["Service", "Core"],
        }),
        version({ valid_to: DAY[1], properties: { tier: "gold", port: 80 } }),
      ],
      true,
    );
    expect(told[0]).toMatchObject({
      kind: "changed",
      at: DAY[1],
      changes: [
        { name: "port", from: 80, to: undefined },
        { name: "replicas", from: undefined, to: 2 },
      ],
      labelsAdded: ["Core"],
    });
    expect(told[1]).toMatchObject({ kind: "appeared", at: DAY[0] });
  });

  it("tells that it ended, and that it came again", () => {
    const ended = version({ valid_to: DAY[1], end_cause: "job_2" });
    expect(kinds([ended])).toEqual([
      ["ended", DAY[1]],
      ["appeared", DAY[0]],
    ]);
    expect(timeline([ended], true)[0]).toMatchObject({ cause: "job_2" });
    expect(kinds([version({ valid_from: DAY[2] }), ended])).toEqual([
      ["appeared", DAY[2]],
      ["ended", DAY[1]],
      ["appeared", DAY[0]],
    ]);
  });

  it("keeps the stories of several asserters apart", () => {
    const other = version({ asserter: { kind: "person", id: "1" }, valid_from: DAY[1] });
    expect(kinds([other, version({})])).toEqual([
      ["appeared", DAY[1]],
      ["appeared", DAY[0]],
    ]);
  });

  it("does not claim a beginning while older versions are not read", () => {
    expect(kinds([version({ valid_from: DAY[1] })], false)).toEqual([["version", DAY[1]]]);
  });

  it("says when something was found wrong, and when it was learned", () => {
    const wrong = version({ superseded_at: DAY[2] });
    expect(kinds([wrong])).toEqual([
      ["withdrawn", DAY[2]],
      ["appeared", DAY[0]],
    ]);
    expect(timeline([version({ recorded_at: DAY[1] })], true)[0]).toMatchObject({
      learned: DAY[1],
    });
  });
});
