export { Settings } from "./components/settings";
