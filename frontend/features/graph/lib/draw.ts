// How nodes, edges and their names look: by their label, and by what is looked at.
import type { NodeDisplayData, PartialButFor, EdgeDisplayData } from "sigma/types";
import { faded } from "./colours";
import type { Dot, Line, Scene } from "./scene";

export interface Look {
  ground: string;
  raised: string;
  text: string;
  muted: string;
  line: string;
  accent: string;
  font: string;
  colourOf: (kind: string) => string;
}

export interface Focus {
  scene: Scene;
  hoveredNode: string | null;
  hoveredEdge: string | null;
  node: string | null;
  edge: string | null;
}

type Drawn = PartialButFor<NodeDisplayData, "x" | "y" | "size" | "label" | "color">;

const LABEL_SIZE = 12;
const BEHIND = 0.22;
/** With more than this around a node, their names would cover each other. */
const FEW_NEIGHBOURS = 40;
const FEW_EDGES = 12;

/** How each thing looks now; what is not beside the one under the pointer steps back. */
export function looks(look: Look) {
  return {
    node: (focus: Focus, id: string, dot: Dot): Partial<NodeDisplayData> =>
      node(look, focus, id, dot),
    edge: (focus: Focus, id: string, line: Line): Partial<EdgeDisplayData> =>
      edge(look, focus, id, line),
  };
}

function node(look: Look, focus: Focus, id: string, dot: Dot) {
  const color = look.colourOf(dot.kind);
  const { hoveredNode, scene } = focus;
  const isSelected = id === focus.node;
  const isNear = !hoveredNode || hoveredNode === id || isBeside(scene, hoveredNode, id);
  if (!isNear && !isSelected)
    return { ...dot, color: faded(color, look.ground, BEHIND), label: "", zIndex: 0 };
  const isNamed =
    isSelected ||
    dot.pinned ||
    (hoveredNode !== null && scene.degree(hoveredNode) <= FEW_NEIGHBOURS);
  return { ...dot, color, zIndex: 1, forceLabel: isNamed, highlighted: isSelected };
}

function isBeside(scene: Scene, one: string, other: string): boolean {
  return scene.hasNode(one) && scene.areNeighbors(one, other);
}

function edge(look: Look, focus: Focus, id: string, line: Line) {
  const { scene, hoveredNode, hoveredEdge } = focus;
  if (id === focus.edge || id === hoveredEdge) {
    return { ...line, color: look.accent, size: 2.5, forceLabel: true, zIndex: 2 };
  }
  const centre = hoveredNode ?? focus.node;
  if (centre && scene.hasNode(centre) && scene.hasExtremity(id, centre)) {
    const isNamed = scene.degree(centre) <= FEW_EDGES;
    const color = faded(look.text, look.ground, 0.55);
    return {
      ...line,
      color,
      size: 1.5,
      forceLabel: isNamed,
      label: isNamed ? line.label : "",
      zIndex: 1,
    };
  }
  const color = faded(look.muted, look.ground, hoveredNode ? 0.12 : 0.4);
  return { ...line, color, label: "", zIndex: 0 };
}

/** A name beside its node, with a rim of the ground so that it can be read over edges. */
export function drawLabel(context: CanvasRenderingContext2D, data: Drawn, look: Look) {
  if (data.pinned) ring(context, data, look.text, 1.5);
  if (!data.label) return;
  context.font = `500 ${LABEL_SIZE}px ${look.font}`;
  const [x, y] = [data.x + data.size + 4, data.y + LABEL_SIZE / 3];
  context.lineJoin = "round";
  context.lineWidth = 3;
  context.strokeStyle = look.ground;
  context.strokeText(data.label, x, y);
  context.fillStyle = look.text;
  context.fillText(data.label, x, y);
}

/** The node under the pointer, or the selected one: its whole name and its label on a plate. */
export function drawHover(context: CanvasRenderingContext2D, data: Drawn, look: Look) {
  const kind = String(data.kind ?? "");
  const name = data.label ?? "";
  context.font = `500 ${LABEL_SIZE}px ${look.font}`;
  const nameWidth = context.measureText(name).width;
  context.font = `${LABEL_SIZE - 1}px ${look.font}`;
  const width = Math.max(nameWidth, context.measureText(kind).width) + 16;
  const [left, top] = [data.x + data.size + 8, data.y - 19];
  context.beginPath();
  context.roundRect(left, top, width, 38, 6);
  context.fillStyle = look.raised;
  context.fill();
  context.lineWidth = 1;
  context.strokeStyle = look.line;
  context.stroke();
  context.fillStyle = look.muted;
  context.fillText(kind, left + 8, top + 31);
  context.font = `500 ${LABEL_SIZE}px ${look.font}`;
  context.fillStyle = look.text;
  context.fillText(name, left + 8, top + 16);
  disc(context, data);
  ring(context, data, data.highlighted ? look.accent : look.text, 2.5);
}

function disc(context: CanvasRenderingContext2D, { x, y, size, color }: Drawn) {
  context.beginPath();
  context.arc(x, y, size, 0, Math.PI * 2);
  context.fillStyle = color;
  context.fill();
}

function ring(
  context: CanvasRenderingContext2D,
  { x, y, size }: Drawn,
  color: string,
  width: number,
) {
  context.beginPath();
  context.arc(x, y, size + 2.5, 0, Math.PI * 2);
  context.lineWidth = width;
  context.strokeStyle = color;
  context.stroke();
}
