// Where the camera must be to show everything. Pure.
import type { CameraState } from "sigma/types";
import type { Position } from "./scene";

/** The graph's own measure: a fixed frame, so that what is known does not move when more comes. */
export const HALF = 500;
/** Room for names beside the outermost nodes, as a share of the side and at most. */
const PADDING = { share: 0.12, most: 90 };
/** However few nodes there are, they are not shown larger than this. */
const CLOSEST = 0.05;

interface Size {
  width: number;
  height: number;
}

export function frame(points: readonly Position[], { width, height }: Size): CameraState | null {
  if (points.length === 0) return null;
  const [xs, ys] = [extent(points, "x"), extent(points, "y")];
  const side = Math.max(1, Math.min(width, height));
  const room = (length: number) => {
    const padding = Math.min(PADDING.most, length * PADDING.share);
    return Math.max(0.2, (length - padding * 2) / side);
  };
  const ratio = Math.max(
    xs.length / (HALF * 2) / room(width),
    ys.length / (HALF * 2) / room(height),
    CLOSEST,
  );
  return { ...centreOf({ x: xs.middle, y: ys.middle }), ratio, angle: 0 };
}

/** Where the camera must be for this point to be in the middle. */
export function centreOf({ x, y }: Position): Position {
  return { x: 0.5 + x / (HALF * 2), y: 0.5 + y / (HALF * 2) };
}

function extent(points: readonly Position[], axis: "x" | "y") {
  let [low, high] = [Infinity, -Infinity];
  for (const point of points) {
    low = Math.min(low, point[axis]);
    high = Math.max(high, point[axis]);
  }
  return { length: high - low, middle: (low + high) / 2 };
}

/** The nearest node in a direction on the screen, for who moves by keys; without one to start from, the nearest. */
export function nearest(
  nodes: Iterable<readonly [string, Position]>,
  from: Position,
  [dx, dy]: readonly [number, number],
  current: string | null,
): string | null {
  let best: { id: string; far: number } | null = null;
  for (const [id, { x, y }] of nodes) {
    if (id === current) continue;
    // The graph's y goes up, the screen's goes down.
    const [right, down] = [x - from.x, from.y - y];
    const along = right * dx + down * dy;
    const aside = Math.abs(right * dy - down * dx);
    if (current && along <= aside * 0.5) continue;
    const far = Math.hypot(along, aside * 2);
    if (!best || far < best.far) best = { id, far };
  }
  return best?.id ?? null;
}
