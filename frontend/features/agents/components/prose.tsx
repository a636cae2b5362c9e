import { Markdown } from "@/features/chat";

/** What a model said, drawn as chat draws it. */
export function Prose({ text }: { text: string }) {
  return <Markdown>{text}</Markdown>;
}
