// How the log of a conversation is read and added to, over the generated client.
import {
  conversationsStream,
  messagesList,
  messagesSend,
  opened,
  type LogEvent,
  type MessageCreate,
  type PageOfMessage,
} from "@/lib/api/client";
import type { Entry } from "./log";

/** How many messages are read at once. */
const PAGE = 30;

/** What a conversation needs of the server. */
export interface Transport {
  history: (cursor?: string) => Promise<PageOfMessage>;
  /** Tells each event after a number, and null as a sign of life. Nothing: nothing is newer, and no answer is being given. */
  hear: (
    after: number,
    signal: AbortSignal,
    heard: (entry: Entry | null) => void,
  ) => Promise<"nothing" | "ended">;
  /** Says something; done when the server has taken it. A repeat with the same key says it once. */
  say: (body: MessageCreate, key: string) => Promise<void>;
}

type Fetching = Parameters<typeof fetch>;

export function transport(conversationId: string): Transport {
  const path = { conversation_id: conversationId };
  return {
    async history(cursor) {
      const query = { limit: PAGE, ...(cursor && { cursor }) };
      return (await messagesList({ path, query })).data;
    },

    async hear(after, signal, heard) {
      let isNothing = false;
      await run((options) =>
        conversationsStream({
          ...options,
          path,
          query: { after },
          signal,
          fetch: async (...to: Fetching) => {
            const response = await opened(...to);
            isNothing = response.status === 204;
            heard(null);
            return isNothing ? new Response("") : response;
          },
          onSseEvent: ({ id, event, data }) => {
            const happened = { event, data } as unknown as LogEvent;
            heard(data === undefined ? null : { seq: Number(id), ...happened });
          },
        }),
      );
      return isNothing ? "nothing" : "ended";
    },

    say: (body, key) =>
      run((options) =>
        messagesSend({
          ...options,
          path,
          body,
          headers: { "Idempotency-Key": key },
          // The answer is heard on the conversation's own stream, in the one order that there is.
          fetch: async (...to: Fetching) => {
            const response = await opened(...to);
            void response.body?.cancel();
            return new Response("");
          },
        }),
      ),
  };
}

interface Once {
  sseMaxRetryAttempts: 1;
  onSseError: (error: unknown) => void;
}

/** Hears a stream to its end, once. The generated reader tells what went wrong beside the stream. */
async function run(open: (once: Once) => Promise<{ stream: AsyncIterable<unknown> }>) {
  let fault: unknown;
  const { stream } = await open({
    sseMaxRetryAttempts: 1,
    onSseError: (error) => {
      fault = error;
    },
  });
  const events = stream[Symbol.asyncIterator]();
  while (!(await events.next()).done);
  if (fault) throw fault;
}
