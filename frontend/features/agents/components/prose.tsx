/** What a model said. */
export function Prose({ text }: { text: string }) {
  return <p className="leading-relaxed wrap-anywhere whitespace-pre-wrap">{text}</p>;
}
