export { Providers } from "./components/providers";
export { Shell } from "./components/shell";
export { THEMES } from "./lib/themes";
