// ForceAtlas2 beside the page: told a graph, it tells where the nodes go until they stand still.
import iterate from "graphology-layout-forceatlas2/iterate";
import { moved, positions, type Matrices } from "./matrix";

export type Told = { positions: Float32Array; done: boolean };

/** How long it reckons before it tells, and how long at most. */
const EACH_MS = 24;
const LONGEST_MS = 6_000;
/** Nothing moves that anybody would see. */
const STILL = 0.03;
const FEWEST = 40;

let run = 0;

self.onmessage = ({ data }: MessageEvent<Matrices>) => {
  run += 1;
  const { nodes, edges, settings } = data;
  const begun = performance.now();
  const mine = run;
  let before = positions(nodes);
  let rounds = 0;

  function go() {
    if (mine !== run) return;
    const from = performance.now();
    const first = rounds;
    while (performance.now() - from < EACH_MS) {
      iterate(settings, nodes, edges);
      rounds += 1;
    }
    const now = positions(nodes);
    const pace = moved(before, now) / (rounds - first);
    before = now;
    const done = (rounds > FEWEST && pace < STILL) || performance.now() - begun > LONGEST_MS;
    const told: Told = { positions: now.slice(), done };
    self.postMessage(told, { transfer: [told.positions.buffer] });
    if (!done) setTimeout(go);
  }
  go();
};
