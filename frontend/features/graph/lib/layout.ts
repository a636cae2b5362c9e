// Starts the layout beside the page, and puts the nodes where it says.
import type { Told } from "./layout.worker";
import { apply, matrices } from "./matrix";
import type { Scene } from "./scene";

export interface Layout {
  /** Lays out what is free to move; `onStep` hears of each picture, and whether it is the last. */
  run: (onStep: (isDone: boolean) => void) => void;
  stop: () => void;
}

export function layoutOf(scene: Scene): Layout {
  let worker: Worker | null = null;

  function stop() {
    worker?.terminate();
    worker = null;
  }

  function run(onStep: (isDone: boolean) => void) {
    stop();
    if (scene.order < 2 || scene.everyNode((_, { fixed }) => fixed)) {
      onStep(true);
      return;
    }
    const ids = scene.nodes();
    // Who asked for less movement sees where things end, not how they get there.
    const isQuiet = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const mine = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
    worker = mine;
    mine.onmessage = ({ data }: MessageEvent<Told>) => {
      if (worker !== mine) return;
      if (data.done) stop();
      if (isQuiet && !data.done) return;
      apply(scene, ids, data.positions);
      onStep(data.done);
    };
    const { nodes, edges, settings } = matrices(scene);
    mine.postMessage({ nodes, edges, settings }, [nodes.buffer, edges.buffer]);
  }

  return { run, stop };
}
