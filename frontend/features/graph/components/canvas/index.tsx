"use client";

import type { ReactNode } from "react";
import { later } from "@/ui/later";
import { useWebgl } from "../../hooks/use-browser";
import { isLarge as isLargePart } from "../../lib/subgraph";
import type { CanvasProps } from "./canvas";

// Sigma comes only when something is drawn.
const Canvas = later(
  () => import("./canvas").then((it) => it.Canvas),
  () => <div role="status" aria-label="Loading the canvas" className="h-full bg-ground" />,
);

type Props = Omit<CanvasProps, "isLarge"> & {
  instead: ReactNode;
  /** What lies over the picture. */
  children: ReactNode;
};

/** The canvas, or the reason why there is none with what can be shown instead. */
export function GraphCanvas({ instead, children, ...props }: Props) {
  const canDraw = useWebgl();
  const isLarge = isLargePart(props.part);
  // What is drawn in fewer strokes is another canvas; where things stand is kept.
  if (canDraw) {
    return (
      <>
        <Canvas key={String(isLarge)} isLarge={isLarge} {...props} />
        {children}
      </>
    );
  }
  return (
    <div className="flex h-full min-h-0 flex-col">
      <p role="status" className="border-b bg-warn-soft px-4 py-2 text-warn">
        This browser has no WebGL, so the graph cannot be drawn. Here is the same as a table.
      </p>
      <div className="min-h-0 flex-1">{instead}</div>
    </div>
  );
}
