// What single keys do, outside of fields. Whoever dictates or types by accident can switch them off.
const OFF = "agentcy.keys-off";

export function areKeysOn(): boolean {
  return localStorage.getItem(OFF) === null;
}

export function switchKeys(on: boolean) {
  if (on) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "1");
}

/** What a key led to: nothing yet, the help, the beginning of a sequence, or its end. */
export type Pressed = "nothing" | "help" | "began" | { go: string };

/** After `g`, the next key names a page. */
export function press(key: string, hasBegun: boolean): Pressed {
  if (hasBegun) return { go: key };
  if (key === "?") return "help";
  return key === "g" ? "began" : "nothing";
}

/** Whether keys go into something that is typed or chosen from. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    target.closest("input, textarea, select, [role=dialog], [role=alertdialog], [role=menu]") !==
      null
  );
}
