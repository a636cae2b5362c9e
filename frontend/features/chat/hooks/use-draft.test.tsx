// @vitest-environment jsdom
import {
  AssistantRuntimeProvider,
  useAui,
  useAuiState,
  useExternalStoreRuntime,
  type ThreadMessage,
} from "@assistant-ui/react";
import { act, useEffect } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { draftOf, keepDraft } from "../lib/drafts";
import { useDraft } from "./use-draft";

let root: ReturnType<typeof createRoot>;
let composer: { text: string; write: (text: string) => void };
const taken = vi.fn();

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  localStorage.clear();
  taken.mockClear();
  root = createRoot(document.createElement("div"));
});

afterEach(() => {
  act(() => root.unmount());
  vi.unstubAllGlobals();
});

interface Props {
  id: string | null;
  given: string | null;
}

function Field({ id, given }: Props) {
  useDraft(id, localStorage, given, taken);
  const aui = useAui();
  const text = useAuiState((state) => state.composer.text);
  useEffect(() => {
    composer = { text, write: (next) => aui.composer.setText(next) };
  });
  return null;
}

function Thread(props: Props) {
  const runtime = useExternalStoreRuntime<ThreadMessage>({
    messages: [],
    onNew: () => Promise.resolve(),
  });
  return (
    <AssistantRuntimeProvider runtime={runtime}>
      <Field {...props} />
    </AssistantRuntimeProvider>
  );
}

const show = (id: string | null, given: string | null = null) =>
  act(async () => root.render(<Thread key={id ?? "new"} id={id} given={given} />));

test("a text that is given stands after what was being written, and is taken once", async () => {
  keepDraft(null, "half a question", localStorage);
  await show(null, "who owns payments?");
  expect(composer.text).toBe("half a question\n\nwho owns payments?");
  expect(taken).toHaveBeenCalledTimes(1);

  // It leaves the address, and what is changed then stays.
  await show(null);
  expect(composer.text).toBe("half a question\n\nwho owns payments?");
  await act(async () => composer.write("another question"));
  expect(draftOf(null, localStorage)).toBe("another question");
  expect(taken).toHaveBeenCalledTimes(1);
});

test("a text that comes later does not take the place of what was typed", async () => {
  await show(null);
  await act(async () => composer.write("the next one"));
  await show(null, "what could not be sent");
  expect(composer.text).toBe("the next one\n\nwhat could not be sent");
});

test("each conversation finds its own draft again", async () => {
  await show("conv_1");
  await act(async () => composer.write("of the first"));
  await show("conv_2");
  expect(composer.text).toBe("");
  await show("conv_1");
  expect(composer.text).toBe("of the first");
});
