"use client";

import { Crosshair, EyeOff, Maximize, Minus, Pin, PinOff, Plus, Sparkles } from "lucide-react";
import { useReducer, type ReactNode } from "react";
import { Button } from "@/ui/button";
import type { Stage } from "../../lib/stage";

interface Props {
  stage: Stage | null;
  selected: string | null;
  onRemove?: (id: string) => void;
}

/** What can be done with the picture, and with the node that is selected in it. */
export function Toolbar({ stage, selected, onRemove }: Props) {
  const [, redraw] = useReducer((times: number) => times + 1, 0);
  const isPinned = Boolean(selected && stage?.isPinned(selected));

  function pin() {
    if (!selected) return;
    stage?.pin(selected);
    redraw();
  }

  return (
    <div
      role="toolbar"
      aria-label="Picture"
      className="absolute top-3 right-3 flex gap-1 rounded-md border bg-raised p-1 shadow-sm md:grid"
    >
      <Tool name="Zoom in" onPress={() => stage?.zoom(1.5)}>
        <Plus />
      </Tool>
      <Tool name="Zoom out" onPress={() => stage?.zoom(1 / 1.5)}>
        <Minus />
      </Tool>
      <Tool name="Fit everything (F)" onPress={() => stage?.fit()}>
        <Maximize />
      </Tool>
      <Tool name="Arrange anew" onPress={() => stage?.arrange()}>
        <Sparkles />
      </Tool>
      {selected && (
        <>
          <hr className="mx-1 hidden border-line md:block" />
          <Tool name="Go to the selected node" onPress={() => stage?.focus(selected)}>
            <Crosshair />
          </Tool>
          <Tool name={isPinned ? "Let it move (P)" : "Pin where it is (P)"} onPress={pin}>
            {isPinned ? <PinOff /> : <Pin />}
          </Tool>
          {onRemove && (
            <Tool name="Take off the canvas (Delete)" onPress={() => onRemove(selected)}>
              <EyeOff />
            </Tool>
          )}
        </>
      )}
    </div>
  );
}

interface ToolProps {
  name: string;
  onPress: () => void;
  children: ReactNode;
}

function Tool({ name, onPress, children }: ToolProps) {
  return (
    <Button kind="quiet" size="icon-sm" aria-label={name} title={name} onClick={onPress}>
      {children}
    </Button>
  );
}
