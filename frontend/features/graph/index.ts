export { GraphPage } from "./components/graph-page";
export { GraphBench } from "./components/bench";
