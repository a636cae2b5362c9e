// What stands in a thread, one after the other, in the words of the runtime that shows it.
import type { ThreadMessageLike } from "@assistant-ui/react";
import type { Saying, View } from "./conversation";
import type { Answer, Question } from "./log";

/** Something said: in the log, waiting for its turn, or on its way. */
export type Said =
  | { kind: "answer"; answer: Answer }
  | { kind: "question"; question: Question }
  | { kind: "queued"; question: Question }
  | { kind: "saying"; saying: Saying };

// Each thing stays the same object for as long as nothing changes in it, so that it is not drawn again.
const seen = new WeakMap<object, Said>();

function once<Key extends object>(key: Key, make: (key: Key) => Said): Said {
  const known = seen.get(key) ?? make(key);
  seen.set(key, known);
  return known;
}

export function everythingSaid({ thread, sayings }: View): Said[] {
  return [
    ...thread.messages.map((it) =>
      it.role === "user"
        ? once(it, (question) => ({ kind: "question", question: question as Question }))
        : once(it, (answer) => ({ kind: "answer", answer: answer as Answer })),
    ),
    ...thread.queued.map((it): Said => ({ kind: "queued", question: it })),
    ...sayings.map((it) => once(it, (saying): Said => ({ kind: "saying", saying }))),
  ];
}

export function asMessage(said: Said): ThreadMessageLike {
  switch (said.kind) {
    case "answer": {
      const { id, parts, ending } = said.answer;
      const content = parts.flatMap((part) =>
        part.kind === "text" ? [{ type: "text" as const, text: part.text }] : [],
      );
      return { role: "assistant", id, content, status: STATUS[ending.kind] };
    }
    case "question":
    case "queued":
      return { role: "user", id: said.question.id, content: said.question.text };
    case "saying":
      return { role: "user", id: said.saying.key, content: said.saying.text };
  }
}

const STATUS = {
  answering: { type: "running" },
  ended: { type: "complete", reason: "stop" },
  failed: { type: "incomplete", reason: "error" },
} as const;
