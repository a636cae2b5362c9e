// The measured run of the bench page.
import type { Edge, Node } from "@/lib/api/client";
import { smoothness, type Smoothness } from "./frames";
import type { Look } from "./draw";
import { Stage } from "./stage";
import { isLarge, merged, type Part } from "./subgraph";
import { readLook } from "./tokens";

const LAYOUT_MS = 6_500;
const PAN_MS = 5_000;
const TIME = "2026-01-01T00:00:00Z";
const COMMON = { realm: "data", valid_from: TIME, recorded_at: TIME, properties: {} };

const ignore = () => undefined;

/** Draws, waits until the layout stands, pans, and tells the times of the frames. */
export async function bench(
  container: HTMLElement,
  count: number,
  colourOf: Look["colourOf"],
  signal: AbortSignal,
): Promise<(Smoothness & { renderer: string; nodes: number; edges: number }) | null> {
  const heard = { onNode: ignore, onEdge: ignore, onNothing: ignore, onOpen: ignore };
  const part = synthetic(count);
  const look = readLook(colourOf);
  const stage = new Stage(container, { look, heard, places: new Map(), isLarge: isLarge(part) });
  signal.addEventListener("abort", () => stage.kill());
  stage.show(part);
  await new Promise((resolve) => setTimeout(resolve, LAYOUT_MS));
  if (signal.aborted) return null;
  stage.fit(false);
  const times = await pan(stage, signal);
  if (signal.aborted) return null;
  return {
    ...smoothness(times),
    renderer: renderer(),
    nodes: part.nodes.size,
    edges: part.edges.size,
  };
}

/** As a hand does it: pressed where no node is, moved in circles, let go. */
function pan(stage: Stage, signal: AbortSignal): Promise<number[]> {
  const surface = stage.sigma.getMouseCaptor().container;
  const { left, top, width, height } = surface.getBoundingClientRect();
  const reach = Math.min(width, height) * 0.3;
  const at = (share: number) => ({
    bubbles: true,
    clientX: left + 4 + (1 - Math.cos(share * Math.PI * 4)) * reach,
    clientY: top + 4 + (1 - Math.cos(share * Math.PI * 6)) * reach,
  });
  surface.dispatchEvent(new MouseEvent("mousedown", at(0)));
  const times: number[] = [];
  return new Promise((resolve) => {
    function step(now: number) {
      times.push(now);
      const share = (now - (times[0] ?? now)) / PAN_MS;
      if (share >= 1 || signal.aborted) {
        surface.dispatchEvent(new MouseEvent("mouseup", at(1)));
        resolve(times);
        return;
      }
      const move = at(share);
      const under = document.elementFromPoint(move.clientX, move.clientY) ?? surface;
      under.dispatchEvent(new MouseEvent("mousemove", move));
      requestAnimationFrame(step);
    }
    requestAnimationFrame(step);
  });
}

/** Clusters with hubs, as graphs of organisations have them; always the same. */
function synthetic(count: number): Part {
  let seed = 7;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const labels = ["Service", "File", "Commit", "Person", "Incident", "Team"];
  const nodes = Array.from({ length: count }, (_, at): Node => ({
    ...COMMON,
    id: `n_${at}`,
    labels: [labels[at % labels.length] ?? "File"],
    properties: { name: `Thing ${at}` },
    sources: [],
    provenance: {},
  }));
  const edges = Array.from({ length: Math.round(count * 1.6) }, (_, at): Edge => {
    const from = at < count ? at : Math.floor(random() * count);
    const hub = Math.floor(from / 50) * 50;
    const to = random() < 0.75 ? hub : Math.floor(random() * count);
    return { ...COMMON, id: `e_${at}`, type: "USES", from: `n_${from}`, to: `n_${to}` };
  });
  return merged([{ nodes, edges }]);
}

function renderer(): string {
  const gl = document.createElement("canvas").getContext("webgl2");
  const info = gl?.getExtension("WEBGL_debug_renderer_info");
  return String(gl?.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER) ?? "no WebGL");
}
