export { Tasks } from "./components/tasks";
