export { Agents } from "./components/agents";
