export type { Follower, LiveEvent } from "./connection";
export { LiveProvider, useLink, useLive, useRefreshed } from "./use-live";
