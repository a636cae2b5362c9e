// The colours of the page as WebGL and canvas want them.
import { hex } from "./colours";
import type { Look } from "./draw";

/** The colours of globals.css as they are now, with one colour for each label. */
export function readLook(colourOf: Look["colourOf"]): Look {
  const styles = getComputedStyle(document.documentElement);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const token = (name: string) => {
    if (!context) return "#888888";
    context.fillStyle = styles.getPropertyValue(`--${name}`);
    context.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
    return hex([red, green, blue]);
  };
  return {
    ground: token("ground"),
    raised: token("raised"),
    text: token("text"),
    muted: token("muted"),
    line: token("line"),
    accent: token("accent"),
    font: getComputedStyle(document.body).fontFamily,
    colourOf,
  };
}
