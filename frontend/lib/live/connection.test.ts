import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connection, type Socket } from "./connection";

class FakeSocket implements Socket {
  sent: Record<string, unknown>[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((close: { code: number }) => void) | null = null;

  send(text: string) {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close() {
    this.closed = true;
  }
  hear(frame: object) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

function stage() {
  const sockets: FakeSocket[] = [];
  const refused = vi.fn();
  const connection = new Connection(
    () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    refused,
    () => 0.5,
  );
  return { sockets, refused, connection };
}

const follower = () => ({ onEvent: vi.fn(), onReset: vi.fn() });
const changed = (seq: number) => ({
  type: "event",
  topic: "graph",
  seq,
  event: "graph.changed",
  ts: "",
  data: {},
});

describe("the live connection", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("comes back after a cut from the last number, and hears nothing twice", () => {
    const { sockets, connection } = stage();
    const heard = follower();
    connection.follow("graph", heard);
    sockets[0]!.onopen?.();
    sockets[0]!.hear({ type: "subscribed", id: 1, topics: ["graph"], seq: { graph: 4 } });
    sockets[0]!.hear(changed(5));
    sockets[0]!.onclose?.({ code: 1006 });
    vi.advanceTimersByTime(500);
    sockets[1]!.onopen?.();
    expect(sockets[1]!.sent[0]).toMatchObject({ type: "subscribe", after: { graph: 5 } });
    sockets[1]!.hear(changed(5));
    sockets[1]!.hear(changed(6));
    expect(heard.onEvent.mock.calls.map(([event]) => (event as { seq: number }).seq)).toEqual([
      5, 6,
    ]);
  });

  it("waits longer each time that nobody answers", () => {
    const { sockets, connection } = stage();
    connection.follow("graph", follower());
    sockets[0]!.onclose?.({ code: 1006 });
    vi.advanceTimersByTime(500);
    sockets[1]!.onclose?.({ code: 1006 });
    vi.advanceTimersByTime(500);
    expect(sockets).toHaveLength(2);
    vi.advanceTimersByTime(500);
    expect(sockets).toHaveLength(3);
  });

  it("says once from which number on it hears, also to those who came while it asked", () => {
    const { sockets, connection } = stage();
    const [first, second, late] = [vi.fn(), vi.fn(), vi.fn()];
    const subscribed = { type: "subscribed", id: 1, topics: ["graph"], seq: { graph: 4 } };
    connection.follow("graph", { ...follower(), onFollowed: first });
    sockets[0]!.onopen?.();
    connection.follow("graph", { ...follower(), onFollowed: second });
    sockets[0]!.hear(subscribed);
    connection.follow("graph", { ...follower(), onFollowed: late });
    sockets[0]!.onclose?.({ code: 1006 });
    vi.advanceTimersByTime(500);
    sockets[1]!.onopen?.();
    sockets[1]!.hear({ ...subscribed, seq: { graph: 9 } });
    expect([first.mock.calls, second.mock.calls, late.mock.calls]).toEqual([[[4]], [[4]], []]);
  });

  it("says that the state must be read anew", () => {
    const { sockets, connection } = stage();
    const heard = follower();
    connection.follow("tasks", heard);
    sockets[0]!.onopen?.();
    sockets[0]!.hear({ type: "reset", topic: "tasks", seq: 90 });
    expect(heard.onReset).toHaveBeenCalledOnce();
  });

  it("dials once more when its credential is over, as the session may have another by now", () => {
    const { sockets, refused, connection } = stage();
    connection.follow("graph", follower());
    sockets[0]!.onopen?.();
    sockets[0]!.hear({ type: "subscribed", id: 1, topics: ["graph"], seq: { graph: 4 } });
    sockets[0]!.onclose?.({ code: 4003 });
    expect(sockets).toHaveLength(1);
    vi.advanceTimersByTime(500);
    sockets[1]!.onopen?.();
    expect(sockets[1]!.sent[0]).toMatchObject({ type: "subscribe", after: { graph: 4 } });
    sockets[1]!.hear({ type: "subscribed", id: 2, topics: ["graph"], seq: { graph: 4 } });
    expect([refused.mock.calls.length, connection.state]).toEqual([0, "live"]);
    sockets[1]!.onclose?.({ code: 4003 });
    vi.advanceTimersByTime(500);
    expect(sockets).toHaveLength(3);
  });

  it("gives up when it is refused again before it heard anything", () => {
    const { sockets, refused, connection } = stage();
    connection.follow("graph", follower());
    sockets[0]!.onclose?.({ code: 4003 });
    vi.advanceTimersByTime(500);
    sockets[1]!.onclose?.({ code: 1006 });
    vi.advanceTimersByTime(1_000);
    sockets[2]!.onclose?.({ code: 4001 });
    vi.advanceTimersByTime(60_000);
    expect(refused).toHaveBeenCalledOnce();
    expect(sockets).toHaveLength(3);
    expect(connection.state).toBe("refused");
  });

  it("begins anew when it is woken after it gave up", () => {
    const { sockets, refused, connection } = stage();
    connection.follow("graph", follower());
    sockets[0]!.onclose?.({ code: 4003 });
    vi.advanceTimersByTime(500);
    sockets[1]!.onclose?.({ code: 4001 });
    connection.wake();
    expect([sockets.length, connection.state]).toEqual([3, "lost"]);
    sockets[2]!.onclose?.({ code: 4001 });
    vi.advanceTimersByTime(500);
    expect(sockets).toHaveLength(4);
    expect(refused).toHaveBeenCalledOnce();
  });

  it("hangs up when nobody follows anything", () => {
    const { sockets, connection } = stage();
    const leave = connection.follow("graph", follower());
    sockets[0]!.onopen?.();
    leave();
    expect(sockets[0]!.closed).toBe(true);
  });

  it("says when it is lost, and tries at once when it is woken", () => {
    const { sockets, connection } = stage();
    const states: string[] = [];
    connection.watch(() => states.push(connection.state));
    connection.follow("graph", follower());
    sockets[0]!.onopen?.();
    sockets[0]!.hear({ type: "subscribed", id: 1, topics: ["graph"], seq: { graph: 4 } });
    sockets[0]!.onclose?.({ code: 4003 });
    expect(states).toEqual(["live", "lost"]);
    connection.wake();
    expect(sockets).toHaveLength(2);
  });
});
