// Streams and histories that were recorded from a server, for the tests.
import { readFileSync } from "node:fs";
import type { LogEvent, Message } from "@/lib/api/client";
import type { Answer, Entry, Thread } from "./log";

function read(name: string): string {
  return readFileSync(new URL(`./fixtures/${name}`, import.meta.url), "utf8");
}

/** The events of a recorded stream. */
export function stream(name: string): Entry[] {
  return read(`${name}.sse`)
    .split("\n\n")
    .filter((block) => block.startsWith("id: "))
    .map((block) => {
      const [id = "", event = "", data = ""] = block
        .split("\n")
        .map((line) => line.replace(/^\w+: /, ""));
      return { seq: Number(id), ...({ event, data: JSON.parse(data) } as unknown as LogEvent) };
    });
}

/** The messages of the same conversation, as the API gave them. */
export function history(name: string): Message[] {
  return (JSON.parse(read(`${name}.json`)) as { items: Message[] }).items;
}

export function lastAnswer(thread: Thread): Answer {
  const last = thread.messages.at(-1);
  if (last?.role !== "assistant") throw new Error("no answer");
  return last;
}

/** What a person sees of a thread. */
export function seen(thread: Thread) {
  return thread.messages.map((message) =>
    message.role === "user"
      ? message.text
      : {
          text: message.parts.flatMap((part) => (part.kind === "text" ? [part.text] : [])).join(""),
          calls: message.parts.flatMap((part) =>
            part.kind === "call" && !part.lost
              ? [[part.name, part.args, part.result, part.approval?.state ?? null]]
              : [],
          ),
          citations: message.citations.map(({ index, title }) => `${index} ${title}`),
          ending: message.ending,
        },
  );
}
