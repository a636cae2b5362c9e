export type { Follower, LiveEvent } from "./connection";
export { LiveProvider, useLive, useRefreshed } from "./use-live";
