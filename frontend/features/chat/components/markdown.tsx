"use client";

import { later } from "@/ui/later";

const load = () => import("./markdown-text").then((it) => it.MarkdownText);

/** Fetches what draws Markdown before the first text comes. */
export function prepareMarkdown() {
  void load();
}

interface Props {
  children: string;
  /** More of it is to come. */
  isGrowing?: boolean;
}

/** A text of a model. What draws Markdown comes when it is needed; until then the text stands there as it is. */
export const Markdown = later<Props>(load, ({ children }) => (
  <p className="leading-relaxed whitespace-pre-wrap">{children}</p>
));
