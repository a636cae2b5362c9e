// @vitest-environment jsdom
import { act } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Tabs } from "./tabs";

let place: HTMLElement;
let root: ReturnType<typeof createRoot>;

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  place = document.body.appendChild(document.createElement("div"));
  root = createRoot(place);
});

afterEach(() => {
  act(() => root.unmount());
  place.remove();
  vi.unstubAllGlobals();
});

const drawn = { runs: vi.fn(() => <p>Runs</p>), settings: vi.fn(() => <input name="prompt" />) };

function show(value: keyof typeof drawn) {
  const { runs: Runs, settings: Settings } = drawn;
  act(() =>
    root.render(
      <Tabs
        label="Of this task"
        value={value}
        onChange={() => undefined}
        tabs={[
          { value: "runs", label: "Runs", content: <Runs /> },
          { value: "settings", label: "Settings", content: <Settings />, keeps: true },
        ]}
      />,
    ),
  );
}

const field = () => place.querySelector("input");
const panels = () => [...place.querySelectorAll<HTMLElement>("[role=tabpanel]")];

test("what is typed in a tab is still there after a look at another", () => {
  show("runs");
  expect(drawn.settings).not.toHaveBeenCalled();

  show("settings");
  field()!.value = "half a prompt";

  show("runs");
  expect(panels().map(({ hidden }) => hidden)).toEqual([false, true]);

  show("settings");
  expect(field()!.value).toBe("half a prompt");
  expect(panels().map(({ hidden }) => hidden)).toEqual([true, false]);
});

test("a tab in which nothing is typed is gone while it is not shown", () => {
  show("runs");
  expect(place.querySelector("p")).not.toBeNull();
  show("settings");
  expect(place.querySelector("p")).toBeNull();
});
