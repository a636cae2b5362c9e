export { Tasks } from "./components/tasks";
export { readsInput } from "./lib/template";
