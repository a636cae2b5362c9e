import { Markdown } from "@/features/chat";

interface Props {
  text: string;
  /** More of it is to come. */
  isGrowing: boolean;
}

/** What a model said, drawn as chat draws it. */
export function Prose({ text, isGrowing }: Props) {
  return <Markdown isGrowing={isGrowing}>{text}</Markdown>;
}
