export { Keys } from "./components/keys";
