export { useConnect } from "./hooks/use-connect";
export { useSource } from "./hooks/use-source";
export { useSourcesLive } from "./hooks/use-sources-live";
export { KindIcon } from "./components/kind-icon";
export { Refused } from "./components/refused";
export { Sources } from "./components/sources";
export { SyncProgress } from "./components/sync-progress";
export { isUnderWay, phaseOf } from "./lib/progress";
export { count, countsInWords, questionsFor, stateOf } from "./lib/words";
