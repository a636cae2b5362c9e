export { LiveProvider, useLink, useLive, useRefreshed } from "./use-live";
