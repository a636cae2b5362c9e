// The canvas: a scene drawn by WebGL, its camera and its layout.
import Sigma from "sigma";
import { EdgeLineProgram, NodePointProgram } from "sigma/rendering";
import { drawHover, drawLabel, looks, type Look } from "./draw";
import { centreOf, frame, HALF, nearest } from "./frame";
import { listen, type Heard } from "./gestures";
import { layoutOf } from "./layout";
import { keepAll, loosen, scene, sync, type Dot, type Line, type Places } from "./scene";
import type { Part } from "./subgraph";

export interface Selected {
  node: string | null;
  edge: string | null;
}

interface Options {
  look: Look;
  heard: Heard;
  places: Places;
  /** Thousands of things: dots and thin lines, names at rest only, edges not under the pointer. */
  isLarge: boolean;
}

const PAN = { duration: 250 };

const LARGE = {
  nodeProgramClasses: { circle: NodePointProgram },
  edgeProgramClasses: { line: EdgeLineProgram },
  defaultEdgeType: "line",
  enableEdgeEvents: false,
  hideEdgesOnMove: true,
  hideLabelsOnMove: true,
  labelDensity: 0.4,
} as const;

export class Stage {
  readonly scene = scene();
  readonly sigma: Sigma<Dot, Line>;
  #layout = layoutOf(this.scene);
  #places: Places;
  #look: Look;
  #selected: Selected = { node: null, edge: null };
  #hovered: Selected = { node: null, edge: null };
  /** What the camera keeps in the picture while the layout moves it: all of it, or one node, until somebody moves it. */
  #follows: "all" | { node: string } | null = "all";

  readonly #container: HTMLElement;

  constructor(container: HTMLElement, { look, heard, places, isLarge }: Options) {
    this.#container = container;
    this.#look = look;
    this.#places = places;
    this.sigma = new Sigma<Dot, Line>(this.scene, container, {
      allowInvalidContainer: true,
      defaultEdgeType: "arrow",
      // Sigma forgets to leave a node when the pointer leaves the canvas.
      defaultDrawNodeHover: (context, data) => {
        if (data.highlighted || data.key === this.#hovered.node) {
          drawHover(context, data, this.#look);
        }
      },
      defaultDrawNodeLabel: (context, data) => drawLabel(context, data, this.#look),
      enableEdgeEvents: true,
      renderEdgeLabels: true,
      edgeLabelSize: 11,
      labelDensity: 1,
      labelGridCellSize: 130,
      labelRenderedSizeThreshold: 5,
      minCameraRatio: 0.01,
      maxCameraRatio: 40,
      stagePadding: 0,
      zIndex: true,
      zoomToSizeRatioFunction: (ratio) => {
        // Sizes are divided by this: the more there is, the less of it each may cover.
        const largest = this.scene.order > 120 ? 1.25 : 0.65;
        return Math.min(1.8, Math.max(largest, ratio ** 0.4));
      },
      nodeReducer: (id, dot) => looks(this.#look).node(this.#focus(), id, dot),
      edgeReducer: (id, line) => looks(this.#look).edge(this.#focus(), id, line),
      ...(isLarge && LARGE),
    });
    this.sigma.setCustomBBox({ x: [-HALF, HALF], y: [-HALF, HALF] });
    listen(this.sigma, this.scene, heard, {
      hover: (node, edge) => {
        this.#hovered = { node, edge };
        this.#redraw();
      },
      touched: () => (this.#follows = null),
      placed: () => this.keep(),
    });
    this.look(look);
  }

  /** Draws this part of the graph. What is known stays; the rest finds its place. */
  show(part: Part) {
    const wasEmpty = this.scene.order === 0;
    const { added, removed } = sync(this.scene, part, this.#places);
    if (wasEmpty && added.length > 0) {
      this.#follows = "all";
      this.fit(false);
    }
    if (added.length > 0 || removed.length > 0) this.#arrange();
  }

  /** Lays all of it out anew, but what was put in its place by hand. */
  arrange() {
    loosen(this.scene);
    this.#follows = "all";
    this.#arrange();
  }

  #arrange() {
    this.#container.ariaBusy = "true";
    this.#layout.run((isDone) => {
      if (this.#follows === "all") this.fit(false);
      else if (this.#follows) this.#centre(this.#follows.node);
      if (!isDone) return;
      this.#container.ariaBusy = "false";
      this.keep();
    });
  }

  /** Keeps a node in the middle; while the camera is on its way there, it is left alone. */
  #centre(id: string) {
    const camera = this.sigma.getCamera();
    if (!this.scene.hasNode(id) || camera.isAnimated()) return;
    camera.setState(centreOf(this.scene.getNodeAttributes(id)));
  }

  /** Remembers where everything stands. */
  keep() {
    keepAll(this.scene, this.#places);
  }

  select(selected: Selected) {
    this.#selected = selected;
    this.#redraw();
  }

  look(look: Look) {
    this.#look = look;
    this.sigma.setSetting("edgeLabelFont", look.font);
    this.sigma.setSetting("edgeLabelColor", { color: look.muted });
    this.#redraw();
  }

  /** Shows everything. */
  fit(animated = true) {
    const points = this.scene.mapNodes((_, { x, y }) => ({ x, y }));
    const state = frame(points, this.sigma.getDimensions());
    if (!state) return;
    if (animated) void this.sigma.getCamera().animate(state, PAN);
    else this.sigma.getCamera().setState(state);
  }

  /** Brings a node to the middle. */
  focus(id: string) {
    if (!this.scene.hasNode(id)) return;
    const follows = { node: id };
    this.#follows = follows;
    const camera = this.sigma.getCamera();
    const place = centreOf(this.scene.getNodeAttributes(id));
    // It may have moved meanwhile, and not move any more.
    const arrive = () => this.#follows === follows && this.#centre(id);
    void camera.animate({ ...place, ratio: Math.min(camera.ratio, 0.3) }, PAN).then(arrive);
  }

  zoom(factor: number) {
    this.#follows = null;
    void this.sigma.getCamera().animatedZoom({ factor, ...PAN });
  }

  /** Holds a node where it is, or lets it go. */
  pin(id: string) {
    if (!this.scene.hasNode(id)) return;
    const pinned = !this.scene.getNodeAttribute(id, "pinned");
    this.scene.mergeNodeAttributes(id, { pinned, fixed: true });
    this.keep();
  }

  isPinned(id: string): boolean {
    return this.scene.hasNode(id) && this.scene.getNodeAttribute(id, "pinned");
  }

  /** The next node in a direction on the screen. */
  beyond(id: string | null, direction: readonly [number, number]): string | null {
    const current = id && this.scene.hasNode(id) ? id : null;
    const { width, height } = this.sigma.getDimensions();
    const from = current
      ? this.scene.getNodeAttributes(current)
      : this.sigma.viewportToGraph({ x: width / 2, y: height / 2 });
    const nodes = this.scene.mapNodes((node, { x, y }) => [node, { x, y }] as const);
    return nearest(nodes, from, direction, current);
  }

  kill() {
    this.keep();
    this.#layout.stop();
    this.sigma.kill();
  }

  #redraw() {
    this.sigma.refresh({ skipIndexation: true });
  }

  #focus() {
    const { scene } = this;
    return {
      scene,
      hoveredNode: this.#hovered.node,
      hoveredEdge: this.#hovered.edge,
      ...this.#selected,
    };
  }
}
