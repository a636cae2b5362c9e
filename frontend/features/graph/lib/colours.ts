// One colour for each label, far from the others, the same in every view. Pure.

export type Rgb = readonly [number, number, number];
export type Theme = "light" | "dark";

/** Hues in an order in which each is far from those before; the second round has another depth. */
const HUES = [262, 50, 155, 345, 95, 205, 305, 20, 125, 232];
const ROUNDS: Record<Theme, readonly [number, number][]> = {
  light: [
    [0.58, 0.17],
    [0.44, 0.13],
  ],
  dark: [
    [0.72, 0.15],
    [0.58, 0.14],
  ],
};

/** Places in the palette: each label that is asked for takes the next one, and keeps it. */
export function palette() {
  const places = new Map<string, number>();
  return (label: string): number => {
    const place = places.get(label) ?? places.size;
    places.set(label, place);
    return place;
  };
}

export function colourAt(place: number, theme: Theme): string {
  const [lightness, chroma] = ROUNDS[theme][Math.floor(place / HUES.length) % 2] ?? [0.6, 0.1];
  return hex(fromOklch(lightness, chroma, HUES[place % HUES.length] ?? 0));
}

/** What stands behind what is looked at, mixed with the ground. */
export function faded(colour: string, ground: string, share: number): string {
  const [front, back] = [fromHex(colour), fromHex(ground)];
  return hex(
    [0, 1, 2].map((at) => front[at as 0] * share + back[at as 0] * (1 - share)) as unknown as Rgb,
  );
}

/** WCAG's contrast of two colours. */
export function contrast(one: string, other: string): number {
  const [lower, higher] = [luminance(fromHex(one)), luminance(fromHex(other))].sort(
    (a, b) => a - b,
  );
  return ((higher ?? 0) + 0.05) / ((lower ?? 0) + 0.05);
}

/** https://bottosson.github.io/posts/oklab/ */
export function fromOklch(lightness: number, chroma: number, hue: number): Rgb {
  const angle = (hue * Math.PI) / 180;
  const [a, b] = [chroma * Math.cos(angle), chroma * Math.sin(angle)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    encoded(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    encoded(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    encoded(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function encoded(linear: number): number {
  const value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  return Math.min(1, Math.max(0, value)) * 255;
}

export function hex(rgb: Rgb): string {
  return `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
}

function fromHex(text: string): Rgb {
  const part = (at: number) => Number.parseInt(text.slice(at, at + 2), 16);
  return [part(1), part(3), part(5)];
}

function luminance(rgb: Rgb): number {
  const [red = 0, green = 0, blue = 0] = rgb.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
