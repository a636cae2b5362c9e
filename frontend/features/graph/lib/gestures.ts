// What the pointer does on the canvas: pointing, clicking, opening, and putting nodes in their place.
import type Sigma from "sigma";
import type { Dot, Line, Scene } from "./scene";

export interface Heard {
  onNode: (id: string) => void;
  onEdge: (id: string) => void;
  onNothing: () => void;
  onOpen: (id: string) => void;
}

/** What the stage itself does about it. */
export interface Moves {
  hover: (node: string | null, edge: string | null) => void;
  /** Somebody took the camera, or a node, in hand. */
  touched: () => void;
  /** A node was put where it shall stay. */
  placed: () => void;
}

export function listen(sigma: Sigma<Dot, Line>, scene: Scene, heard: Heard, moves: Moves) {
  let dragged: string | null = null;
  let hasMoved = false;
  let isStageHeld = false;
  const mouse = sigma.getMouseCaptor();

  function hover(node: string | null, edge: string | null) {
    if (dragged) return;
    sigma.getContainer().style.cursor = node || edge ? "pointer" : "";
    moves.hover(node, edge);
  }

  function drop() {
    if (dragged && hasMoved) {
      scene.mergeNodeAttributes(dragged, { pinned: true, fixed: true });
      moves.placed();
    }
    dragged = null;
  }

  sigma.on("enterNode", ({ node }) => hover(node, null));
  sigma.on("leaveNode", () => hover(null, null));
  sigma.on("enterEdge", ({ edge }) => hover(null, edge));
  sigma.on("leaveEdge", () => hover(null, null));
  sigma.on("clickNode", ({ node }) => heard.onNode(node));
  sigma.on("clickEdge", ({ edge }) => heard.onEdge(edge));
  sigma.on("clickStage", () => heard.onNothing());
  sigma.on("doubleClickNode", (payload) => {
    payload.preventSigmaDefault();
    heard.onOpen(payload.node);
  });
  sigma.on("wheelStage", moves.touched);
  sigma.on("wheelNode", moves.touched);
  sigma.on("downStage", ({ event }) => {
    isStageHeld = event.original instanceof MouseEvent;
    moves.touched();
  });
  sigma.on("downNode", ({ node }) => {
    dragged = node;
    hasMoved = false;
    moves.touched();
  });
  sigma.on("moveBody", ({ event, preventSigmaDefault }) => {
    // Nothing is looked for under a pointer that moves the picture: it is the slowest part of each frame.
    if (isStageHeld) mouse.container.style.pointerEvents = "none";
    if (!dragged || !scene.hasNode(dragged)) return;
    hasMoved = true;
    scene.mergeNodeAttributes(dragged, { ...sigma.viewportToGraph(event), fixed: true });
    preventSigmaDefault();
    event.original.preventDefault();
  });
  mouse.on("mouseup", () => {
    isStageHeld = false;
    mouse.container.style.pointerEvents = "";
  });
  sigma.on("upNode", drop);
  sigma.on("upStage", drop);
  sigma.on("leaveStage", drop);
}
