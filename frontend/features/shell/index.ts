export { THEMES } from "./components/account";
export { Providers } from "./components/providers";
export { Shell } from "./components/shell";
