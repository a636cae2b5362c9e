"use client";

import { useEffect, useEffectEvent, useRef, useState, type RefObject } from "react";
import { useTheme } from "../../hooks/use-browser";
import type { ColourOf } from "../../hooks/use-palette";
import { kindOf, nameOf } from "../../lib/names";
import type { Heard } from "../../lib/gestures";
import type { Places } from "../../lib/scene";
import type { Selected, Stage } from "../../lib/stage";
import type { Part } from "../../lib/subgraph";
import { Toolbar } from "./toolbar";

export interface CanvasProps extends Heard {
  /** What is drawn, for who cannot see it. */
  label: string;
  part: Part;
  isLarge: boolean;
  selected: Selected;
  colourOf: ColourOf;
  /** Where things stood, kept for when they come back. */
  places: Places;
  /** Takes a node away; absent where nothing can be taken away. */
  onRemove?: (id: string) => void;
}

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The graph as it is seen: pointed at, dragged, zoomed, and walked by the arrow keys. */
export function Canvas(props: CanvasProps) {
  const { label, part, selected, onNode, onOpen, onNothing, onRemove } = props;
  const frame = useRef<HTMLDivElement>(null);
  const stage = useStage(frame, props);
  useKeys(frame, press);
  const node = selected.node ? part.nodes.get(selected.node) : undefined;

  function press(event: KeyboardEvent) {
    if (!stage || event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    const next = arrow && stage.beyond(selected.node, arrow);
    if (arrow) {
      if (next) onNode(next);
    } else if (event.key === "Escape") onNothing();
    else if (event.key === "f") stage.fit();
    else if (event.key === "+" || event.key === "=") stage.zoom(1.5);
    else if (event.key === "-") stage.zoom(1 / 1.5);
    else if (selected.node && event.key === "Enter") onOpen(selected.node);
    else if (selected.node && event.key === "p") stage.pin(selected.node);
    else if (selected.node && event.key === "Delete") onRemove?.(selected.node);
    else return;
    event.preventDefault();
  }

  return (
    <div className="relative h-full min-h-0 overflow-hidden bg-ground">
      {/* A place of its own for keys: arrows walk, Enter opens. What it shows is in the table, too. */}
      <div
        ref={frame}
        role="application"
        aria-label={`${label}. Arrow keys go from node to node, Enter expands, Delete removes, P pins, F fits.`}
        className="absolute inset-0 focus-visible:-outline-offset-2"
      />
      <p aria-live="polite" className="sr-only">
        {node && `${nameOf(node)}, ${kindOf(node)}`}
      </p>
      <Toolbar stage={stage} selected={selected.node} {...(onRemove && { onRemove })} />
    </div>
  );
}

/** The frame takes the focus and hears keys, as a control of its own. */
function useKeys(frame: RefObject<HTMLDivElement | null>, press: (event: KeyboardEvent) => void) {
  const onKey = useEffectEvent(press);
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    element.setAttribute("tabindex", "0");
    element.addEventListener("keydown", onKey);
    return () => element.removeEventListener("keydown", onKey);
  }, [frame]);
}

function useStage(frame: RefObject<HTMLDivElement | null>, props: CanvasProps): Stage | null {
  const [stage, setStage] = useState<Stage | null>(null);
  const { part, selected, colourOf, places, isLarge } = props;
  const theme = useTheme();
  const onNode = useEffectEvent(props.onNode);
  const onEdge = useEffectEvent(props.onEdge);
  const onOpen = useEffectEvent(props.onOpen);
  const onNothing = useEffectEvent(props.onNothing);
  const make = useEffectEvent(async () => {
    const [{ Stage }, { readLook }] = await Promise.all([
      import("../../lib/stage"),
      import("../../lib/tokens"),
    ]);
    const heard = { onNode, onEdge, onOpen, onNothing };
    return (container: HTMLElement) =>
      new Stage(container, { look: readLook(colourOf), heard, places, isLarge });
  });

  useEffect(() => {
    let made: Stage | null = null;
    let isGone = false;
    void make().then((begin) => {
      if (isGone || !frame.current) return;
      made = begin(frame.current);
      setStage(made);
    });
    return () => {
      isGone = true;
      made?.kill();
      setStage(null);
    };
  }, [frame]);

  useEffect(() => stage?.show(part), [stage, part]);
  useEffect(() => stage?.select(selected), [stage, selected]);
  useEffect(() => {
    if (!stage) return;
    void import("../../lib/tokens").then(({ readLook }) => stage.look(readLook(colourOf)));
  }, [stage, colourOf, theme]);
  return stage;
}
