export { Agents } from "./components/agents";
export { ApprovalsField } from "./components/approvals-field";
export { Duration } from "./components/duration";
export { Fact, Facts, IdFact } from "./components/facts";
export { LimitsFields } from "./components/limits-fields";
export { RealmField } from "./components/realm-field";
export { RunState } from "./components/run-state";
export { SaveBar } from "./components/save-bar";
export { StandingFields } from "./components/standing-fields";
export { Trace } from "./components/trace";
export { useNames } from "./hooks/use-names";
export { useRunFollowed } from "./hooks/use-run-messages";
export { faultsOf } from "./lib/faults";
export {
  jsonOf,
  limitsForm,
  limitsOf,
  standingForm,
  standingOf,
  type Faults,
  type LimitsForm,
  type StandingForm,
} from "./lib/guards";
export { costInWords, isActive, tokensInWords } from "./lib/words";
