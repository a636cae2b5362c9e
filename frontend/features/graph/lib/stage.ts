// The canvas: a scene drawn by WebGL, its camera, and what the pointer does on it.
import Sigma from "sigma";
import type { CameraState, SigmaNodeEventPayload } from "sigma/types";
import { drawHover, drawLabel, looks, type Look } from "./draw";
import { layoutOf } from "./layout";
import { keepAll, loosen, scene, sync, type Dot, type Line, type Places } from "./scene";
import type { Part } from "./subgraph";

export interface Heard {
  onNode: (id: string) => void;
  onEdge: (id: string) => void;
  onNothing: () => void;
  onOpen: (id: string) => void;
}

export interface Selected {
  node: string | null;
  edge: string | null;
}

/** The graph's own measure: a fixed frame, so that what is known does not move when more comes. */
const HALF = 500;
/** Room for names beside the outermost nodes. */
const PADDING = { x: 90, y: 48 };
/** Beyond this many edges, they are not looked for under the pointer, and rest while the camera moves. */
const MANY_EDGES = 6_000;
const PAN = { duration: 250 };

export class Stage {
  readonly scene = scene();
  readonly sigma: Sigma<Dot, Line>;
  #places: Places = new Map();
  #layout = layoutOf(this.scene);
  #look: Look;
  #selected: Selected = { node: null, edge: null };
  #hoveredNode: string | null = null;
  #hoveredEdge: string | null = null;
  /** Whether the camera still follows the layout: until somebody moves it. */
  #isFollowing = true;
  #dragged: string | null = null;

  constructor(container: HTMLElement, look: Look, heard: Heard) {
    this.#look = look;
    this.sigma = new Sigma<Dot, Line>(this.scene, container, {
      allowInvalidContainer: true,
      defaultEdgeType: "arrow",
      // Sigma forgets to leave a node when the pointer leaves the canvas.
      defaultDrawNodeHover: (context, data) => {
        if (data.highlighted || data.key === this.#hoveredNode)
          drawHover(context, data, this.#look);
      },
      defaultDrawNodeLabel: (context, data) => drawLabel(context, data, this.#look),
      enableEdgeEvents: true,
      renderEdgeLabels: true,
      edgeLabelSize: 11,
      labelDensity: 0.7,
      labelGridCellSize: 90,
      labelRenderedSizeThreshold: 5,
      minCameraRatio: 0.02,
      maxCameraRatio: 20,
      stagePadding: 0,
      zIndex: true,
      zoomToSizeRatioFunction: (ratio) => Math.min(1.8, Math.max(0.7, ratio ** 0.4)),
      nodeReducer: (id, dot) => looks(this.#look).node(this.#focus(), id, dot),
      edgeReducer: (id, line) => looks(this.#look).edge(this.#focus(), id, line),
    });
    this.sigma.setCustomBBox({ x: [-HALF, HALF], y: [-HALF, HALF] });
    this.#listen(heard);
    this.look(look);
  }

  /** Draws this part of the graph. What is known stays; the rest finds its place. */
  show(part: Part) {
    const wasEmpty = this.scene.order === 0;
    const { added, removed } = sync(this.scene, part, this.#places);
    this.sigma.setSetting("enableEdgeEvents", this.scene.size <= MANY_EDGES);
    this.sigma.setSetting("hideEdgesOnMove", this.scene.size > MANY_EDGES);
    if (wasEmpty) this.#isFollowing = true;
    if (wasEmpty && added.length > 0) this.fit(false);
    if (added.length > 0 || removed.length > 0) this.#arrange();
  }

  /** Lays all of it out anew, but what was put in its place by hand. */
  arrange() {
    loosen(this.scene);
    this.#isFollowing = true;
    this.#arrange();
  }

  #arrange() {
    this.#layout.run((isDone) => {
      if (this.#isFollowing) this.fit(false);
      if (isDone) keepAll(this.scene, this.#places);
    });
  }

  select(selected: Selected) {
    this.#selected = selected;
    this.sigma.refresh({ skipIndexation: true });
  }

  look(look: Look) {
    this.#look = look;
    this.sigma.setSetting("labelFont", look.font);
    this.sigma.setSetting("edgeLabelFont", look.font);
    this.sigma.setSetting("edgeLabelColor", { color: look.muted });
    this.sigma.refresh({ skipIndexation: true });
  }

  /** Shows everything. */
  fit(animated = true) {
    const state = this.#frame();
    if (!state) return;
    if (animated) void this.sigma.getCamera().animate(state, PAN);
    else this.sigma.getCamera().setState(state);
  }

  /** Brings a node to the middle. */
  focus(id: string) {
    const place = this.sigma.getNodeDisplayData(id);
    if (!place) return;
    this.#isFollowing = false;
    const ratio = Math.min(this.sigma.getCamera().ratio, 0.5);
    void this.sigma.getCamera().animate({ x: place.x, y: place.y, ratio }, PAN);
  }

  zoom(factor: number) {
    this.#isFollowing = false;
    void this.sigma.getCamera().animatedZoom({ factor, ...PAN });
  }

  /** Holds a node where it is, or lets it go. */
  pin(id: string): boolean {
    if (!this.scene.hasNode(id)) return false;
    const pinned = !this.scene.getNodeAttribute(id, "pinned");
    this.scene.mergeNodeAttributes(id, { pinned, fixed: true });
    keepAll(this.scene, this.#places);
    return pinned;
  }

  isPinned(id: string): boolean {
    return this.scene.hasNode(id) && this.scene.getNodeAttribute(id, "pinned");
  }

  /** The next node in a direction on the screen, for who moves by keys. */
  beyond(id: string | null, dx: number, dy: number): string | null {
    const from = id && this.scene.hasNode(id) ? this.scene.getNodeAttributes(id) : this.#middle();
    let best: { id: string; far: number } | null = null;
    this.scene.forEachNode((other, { x, y }) => {
      // The graph's y goes up, the screen's goes down.
      const [right, down] = [x - from.x, from.y - y];
      const along = right * dx + down * dy;
      const aside = Math.abs(right * dy - down * dx);
      if (other === id || (id && along <= aside * 0.5)) return;
      const far = Math.hypot(along, aside * 2);
      if (!best || far < best.far) best = { id: other, far };
    });
    return (best as { id: string } | null)?.id ?? null;
  }

  kill() {
    this.#layout.stop();
    this.sigma.kill();
  }

  #middle() {
    const { width, height } = this.sigma.getDimensions();
    return this.sigma.viewportToGraph({ x: width / 2, y: height / 2 });
  }

  #focus() {
    return {
      scene: this.scene,
      hoveredNode: this.#hoveredNode,
      hoveredEdge: this.#hoveredEdge,
      ...this.#selected,
    };
  }

  #frame(): Partial<CameraState> | null {
    if (this.scene.order === 0) return null;
    const [xs, ys] = [extent(), extent()];
    this.scene.forEachNode((_, { x, y }) => {
      xs.add(x);
      ys.add(y);
    });
    const { width, height } = this.sigma.getDimensions();
    const side = Math.max(1, Math.min(width, height));
    const room = (length: number, padding: number) => Math.max(0.2, (length - padding * 2) / side);
    const ratio = Math.max(
      xs.length() / (HALF * 2) / room(width, PADDING.x),
      ys.length() / (HALF * 2) / room(height, PADDING.y),
      0.05,
    );
    return {
      x: 0.5 + xs.middle() / (HALF * 2),
      y: 0.5 + ys.middle() / (HALF * 2),
      ratio,
      angle: 0,
    };
  }

  #listen(heard: Heard) {
    const { sigma } = this;
    const redraw = () => sigma.refresh({ skipIndexation: true });
    const hover = (node: string | null, edge: string | null) => {
      if (this.#dragged) return;
      this.#hoveredNode = node;
      this.#hoveredEdge = edge;
      sigma.getContainer().style.cursor = node || edge ? "pointer" : "";
      redraw();
    };
    sigma.on("enterNode", ({ node }) => hover(node, null));
    sigma.on("leaveNode", () => hover(null, null));
    sigma.on("enterEdge", ({ edge }) => hover(null, edge));
    sigma.on("leaveEdge", () => hover(null, null));
    sigma.on("clickNode", ({ node }) => heard.onNode(node));
    sigma.on("clickEdge", ({ edge }) => heard.onEdge(edge));
    sigma.on("clickStage", () => heard.onNothing());
    sigma.on("doubleClickNode", (payload: SigmaNodeEventPayload) => {
      payload.preventSigmaDefault();
      heard.onOpen(payload.node);
    });
    sigma.on("wheelStage", () => (this.#isFollowing = false));
    sigma.on("downStage", () => (this.#isFollowing = false));
    this.#listenToDragging();
  }

  #listenToDragging() {
    const { sigma } = this;
    let hasMoved = false;
    sigma.on("downNode", ({ node }) => {
      this.#dragged = node;
      this.#isFollowing = false;
      hasMoved = false;
    });
    sigma.on("moveBody", ({ event, preventSigmaDefault }) => {
      if (!this.#dragged) return;
      hasMoved = true;
      const place = sigma.viewportToGraph(event);
      this.scene.mergeNodeAttributes(this.#dragged, { ...place, fixed: true });
      preventSigmaDefault();
      event.original.preventDefault();
    });
    const drop = () => {
      if (this.#dragged && hasMoved) {
        this.scene.mergeNodeAttributes(this.#dragged, { pinned: true, fixed: true });
        keepAll(this.scene, this.#places);
      }
      this.#dragged = null;
    };
    sigma.on("upNode", drop);
    sigma.on("upStage", drop);
    sigma.on("leaveStage", drop);
  }
}

function extent() {
  let [low, high] = [Infinity, -Infinity];
  return {
    add: (value: number) => {
      low = Math.min(low, value);
      high = Math.max(high, value);
    },
    length: () => high - low,
    middle: () => (low + high) / 2,
  };
}
