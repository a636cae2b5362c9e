"use client";

import { lazy, Suspense } from "react";

const load = () => import("./markdown-text");
const MarkdownText = lazy(load);

/** Fetches it before the first text comes. */
export function prepareMarkdown() {
  void load();
}

interface Props {
  children: string;
  /** More of it is to come. */
  isGrowing?: boolean;
}

/** A text of a model. What draws Markdown comes when it is needed; until then the text stands there as it is. */
export function Markdown({ children, isGrowing = false }: Props) {
  return (
    <Suspense fallback={<p className="leading-relaxed whitespace-pre-wrap">{children}</p>}>
      <MarkdownText isGrowing={isGrowing}>{children}</MarkdownText>
    </Suspense>
  );
}
