"use client";

import { useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  use,
  useCallback,
  useEffect,
  useEffectEvent,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from "react";
import { Connection, type Follower, type LinkState, type Socket } from "./connection";

const Live = createContext<Connection | null>(null);

function dial(): Socket {
  const address = new URL("/ws", window.location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  // The session's cookie goes with it; what `Socket` leaves out is not used.
  return new WebSocket(address) as unknown as Socket;
}

/** What happens on the server reaches everything within, over one socket. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  // A refused socket means that the session is gone: whatever is read next finds that out.
  const [connection] = useState(() => new Connection(dial, () => void queries.invalidateQueries()));
  return <Live value={connection}>{children}</Live>;
}

/** Hears what happens on a topic for as long as it is shown. No topic, nothing is followed. */
export function useLive(topic: string | null, follower: Follower) {
  const connection = use(Live);
  const onEvent = useEffectEvent(follower.onEvent);
  const onReset = useEffectEvent(follower.onReset);
  const onFollowed = useEffectEvent((seq: number) => follower.onFollowed?.(seq));
  useEffect(() => {
    if (!connection || !topic) return;
    return connection.follow(topic, { onEvent, onReset, onFollowed });
  }, [connection, topic]);
}

/** Reads a query anew when something happens on a topic. */
export function useRefreshed(topic: string | null, queryKey: readonly unknown[]) {
  const queries = useQueryClient();
  const refresh = () => void queries.invalidateQueries({ queryKey });
  useLive(topic, { onEvent: refresh, onReset: refresh, onFollowed: refresh });
}

/** Whether the pages hear of what happens, and a way to try again at once. */
export function useLink(): { state: LinkState; wake: () => void } {
  const connection = use(Live);
  const state = useSyncExternalStore(
    useCallback((tell: () => void) => connection?.watch(tell) ?? (() => {}), [connection]),
    () => connection?.state ?? "idle",
    () => "idle" as const,
  );
  return { state, wake: useCallback(() => connection?.wake(), [connection]) };
}
