// What happened to a node, told from its versions. Pure.
import type { Asserter, NodeVersion } from "@/lib/api/client";

interface PropertyChange {
  name: string;
  from: unknown;
  to: unknown;
}

interface Happening {
  /** One for each thing that happened; the same when more is read. */
  key: string;
  at: string;
  /** When it was learned, where that is another time. */
  learned: string | null;
  by: Asserter;
  cause: string;
  externalId: string;
}

export type Moment =
  | (Happening & {
      kind: "appeared";
      properties: NodeVersion["properties"];
      labels: readonly string[];
    })
  | (Happening & {
      kind: "changed";
      changes: readonly PropertyChange[];
      labelsAdded: string[];
      labelsGone: string[];
    })
  /** What was before is not read yet, so what changed is not known. */
  | (Happening & { kind: "version"; properties: NodeVersion["properties"] })
  | (Happening & { kind: "ended" })
  | (Happening & { kind: "withdrawn" });

/** Versions, the newest first, as what happened, the newest first. */
export function timeline(versions: readonly NodeVersion[], isWhole: boolean): Moment[] {
  const moments: Moment[] = [];
  for (const said of groups(versions)) {
    said.forEach((version, at) => {
      const next = said[at - 1];
      const before = said[at + 1];
      if (version.superseded_at) moments.push(withdrawn(version, version.superseded_at));
      else if (version.valid_to && !follows(next, version))
        moments.push(ended(version, version.valid_to));
      if (before && follows(version, before)) moments.push(changed(version, before));
      else if (before || isWhole) moments.push(appeared(version));
      else
        moments.push({
          ...happening(version, "version"),
          kind: "version",
          properties: version.properties,
        });
    });
  }
  return moments.sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
}

/** Each asserter's own story; several things that one source says of a node are several stories. */
function groups(versions: readonly NodeVersion[]): NodeVersion[][] {
  const groups = new Map<string, NodeVersion[]>();
  for (const version of versions) {
    const key = `${version.asserter.kind} ${version.asserter.id} ${version.external_id}`;
    groups.set(key, [...(groups.get(key) ?? []), version]);
  }
  return [...groups.values()];
}

/** Whether one version took the place of the other without a gap. */
function follows(next: NodeVersion | undefined, version: NodeVersion): boolean {
  if (!next) return false;
  return version.valid_to === next.valid_from || version.superseded_at === next.recorded_at;
}

function happening(version: NodeVersion, what: string): Happening {
  const { asserter, external_id, valid_from, recorded_at, cause } = version;
  return {
    key: [what, asserter.id, external_id, recorded_at, valid_from].join(" "),
    at: valid_from,
    learned: isLater(recorded_at, valid_from) ? recorded_at : null,
    by: asserter,
    cause,
    externalId: external_id,
  };
}

const SAME_TIME_MS = 1_000;

function isLater(time: string, than: string): boolean {
  return Date.parse(time) - Date.parse(than) > SAME_TIME_MS;
}

function appeared(version: NodeVersion): Moment {
  const { properties, labels } = version;
  return { ...happening(version, "appeared"), kind: "appeared", properties, labels };
}

function ended(version: NodeVersion, at: string): Moment {
  const { ended_at, end_cause, cause } = version;
  const learned = ended_at && isLater(ended_at, at) ? ended_at : null;
  return { ...happening(version, "ended"), kind: "ended", at, learned, cause: end_cause ?? cause };
}

function withdrawn(version: NodeVersion, at: string): Moment {
  const cause = version.end_cause ?? version.cause;
  return { ...happening(version, "withdrawn"), kind: "withdrawn", at, learned: null, cause };
}

function changed(version: NodeVersion, before: NodeVersion): Moment {
  const [now, then] = [new Set(version.labels), new Set(before.labels)];
  return {
    ...happening(version, "changed"),
    kind: "changed",
    changes: differences(before.properties, version.properties),
    labelsAdded: version.labels.filter((label) => !then.has(label)),
    labelsGone: before.labels.filter((label) => !now.has(label)),
  };
}

type Properties = NodeVersion["properties"];

function differences(from: Properties, to: Properties): PropertyChange[] {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
  return names
    .filter((name) => JSON.stringify(from[name]) !== JSON.stringify(to[name]))
    .map((name) => ({ name, from: from[name], to: to[name] }));
}
