export type { Follower, LinkState, LiveEvent } from "./connection";
export { LiveProvider, useLink, useLive, useRefreshed } from "./use-live";
