// @vitest-environment jsdom
import { act, Component, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { later } from "./later";

interface Said {
  text: string;
}

const Part = ({ text }: Said) => <b>{text}</b>;
const Meanwhile = ({ text }: Said) => <i>{text}</i>;

let place: HTMLElement;
let root: ReturnType<typeof createRoot>;

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  place = document.createElement("div");
  // What a boundary catches is no news to anybody here.
  root = createRoot(place, { onCaughtError: () => undefined });
});

afterEach(() => {
  act(() => root.unmount());
  vi.unstubAllGlobals();
});

class Boundary extends Component<{ children: ReactNode }, { fault: Error | null }> {
  override state: { fault: Error | null } = { fault: null };
  static getDerivedStateFromError(fault: Error) {
    return { fault };
  }
  override render() {
    const again = () => this.setState({ fault: null });
    if (this.state.fault) return <button onClick={again}>{this.state.fault.message}</button>;
    return this.props.children;
  }
}

const show = (node: ReactNode) => act(async () => root.render(node));

test("something else stands in its place until it is there, and then it is shown at once", async () => {
  let come: (part: typeof Part) => void = () => undefined;
  const load = vi.fn(() => new Promise<typeof Part>((done) => (come = done)));
  const Later = later(load, Meanwhile);
  expect(load).not.toHaveBeenCalled();

  await show(<Later text="hello" />);
  expect(place.innerHTML).toBe("<i>hello</i>");

  await act(async () => come(Part));
  expect(place.innerHTML).toBe("<b>hello</b>");

  await show(<Later key="another" text="again" />);
  expect(place.innerHTML).toBe("<b>again</b>");
  expect(load).toHaveBeenCalledTimes(1);
});

test("a script that does not come is a fault, and is fetched once more by whoever tries again", async () => {
  const load = vi
    .fn<() => Promise<typeof Part>>()
    .mockRejectedValueOnce(new Error("no network"))
    .mockResolvedValueOnce(Part);
  const Later = later(load, Meanwhile);
  await show(
    <Boundary>
      <Later text="hello" />
    </Boundary>,
  );
  expect(place.innerHTML).toBe("<button>no network</button>");

  const click = new MouseEvent("click", { bubbles: true });
  await act(async () => place.querySelector("button")?.dispatchEvent(click));
  expect(place.innerHTML).toBe("<b>hello</b>");
  expect(load).toHaveBeenCalledTimes(2);
});
