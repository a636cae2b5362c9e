// Which addresses a text of a model may lead to.

const NODE = /^node:(n_[0-9a-f-]{36})$/i;

export type Target =
  { kind: "node"; id: string; href: string } | { kind: "away"; href: string } | { kind: "none" };

/** Web, mail, and nodes of ours; everything else is plain text. */
export function target(address: string | undefined): Target {
  const text = address?.trim() ?? "";
  const node = NODE.exec(text)?.[1];
  if (node) return { kind: "node", id: node, href: nodeHref(node) };
  try {
    const { protocol, href } = new URL(text);
    if (["http:", "https:", "mailto:"].includes(protocol)) return { kind: "away", href };
  } catch {
    // Without a scheme it is no address of ours.
  }
  return { kind: "none" };
}

export function nodeHref(id: string): string {
  return `/graph/?node=${encodeURIComponent(id)}`;
}
