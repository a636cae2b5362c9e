"use client";

import Link from "next/link";
import { memo, type JSX, type ReactNode } from "react";
import { Streamdown, type Components } from "streamdown";
import { Copy } from "@/ui/copy";
import { target } from "../lib/links";

type Drawn<Tag extends keyof JSX.IntrinsicElements> = (
  props: JSX.IntrinsicElements[Tag],
) => ReactNode;

// No raw HTML is read: what looks like it stays text.
const NO_PLUGINS: never[] = [];

const COMPONENTS = {
  a: ({ href, children }) => <Anchor href={href}>{children}</Anchor>,
  img: ({ alt }) => <span className="text-muted">[image{alt && `: ${alt}`}]</span>,
  pre: ({ children }) => <Block>{children}</Block>,
  code: ({ children }) => (
    <code className="rounded bg-sunken px-1 py-0.5 font-mono text-[0.92em] break-words">
      {children}
    </code>
  ),
  inlineCode: ({ children }) => (
    <code className="rounded bg-sunken px-1 py-0.5 font-mono text-[0.92em] break-words">
      {children}
    </code>
  ),
  h1: heading("mt-5 mb-2 text-lg"),
  h2: heading("mt-5 mb-2 text-base"),
  h3: heading("mt-4 mb-1.5"),
  h4: heading("mt-3 mb-1"),
  h5: heading("mt-3 mb-1"),
  h6: heading("mt-3 mb-1 text-muted"),
  p: ({ children }) => <p className="my-2 first:mt-0 last:mb-0">{children}</p>,
  ul: ({ children }) => <ul className="my-2 list-disc space-y-1 pl-5">{children}</ul>,
  ol: ({ children, start }) => (
    <ol start={start} className="my-2 list-decimal space-y-1 pl-5">
      {children}
    </ol>
  ),
  li: ({ children }) => <li className="pl-0.5">{children}</li>,
  hr: () => <hr className="my-4" />,
  strong: ({ children }) => <strong className="font-semibold">{children}</strong>,
  blockquote: ({ children }) => (
    <blockquote className="my-2 border-l-2 pl-3 text-muted">{children}</blockquote>
  ),
  table: ({ children }) => (
    <div
      className="my-3 max-h-112 overflow-auto rounded-md border"
      tabIndex={0}
      role="region"
      aria-label="Table"
    >
      <table className="w-full border-collapse text-left text-xs">{children}</table>
    </div>
  ),
  thead: ({ children }) => <thead className="bg-sunken">{children}</thead>,
  tbody: ({ children }) => <tbody>{children}</tbody>,
  tr: ({ children }) => <tr className="border-b last:border-0">{children}</tr>,
  th: ({ children }) => <th className="px-3 py-1.5 font-medium">{children}</th>,
  td: ({ children }) => <td className="px-3 py-1.5 align-top">{children}</td>,
} satisfies { [Tag in keyof JSX.IntrinsicElements]?: Drawn<Tag> } & { inlineCode: Drawn<"code"> };

interface Props {
  children: string;
  /** More of it is to come. */
  isGrowing?: boolean;
}

/** A text of a model: Markdown, as far as it has come. */
export const MarkdownText = memo(function MarkdownText({ children, isGrowing = false }: Props) {
  return (
    <Streamdown
      mode={isGrowing ? "streaming" : "static"}
      parseIncompleteMarkdown={isGrowing}
      components={COMPONENTS as Components}
      rehypePlugins={NO_PLUGINS}
      urlTransform={untouched}
      linkSafety={{ enabled: false }}
      controls={false}
      className="space-y-0 leading-relaxed break-words"
    >
      {children}
    </Streamdown>
  );
});

// Where a link leads is judged where it is drawn.
function untouched(address: string) {
  return address;
}

interface AnchorProps {
  href: string | undefined;
  children: ReactNode;
}

function Anchor({ href, children }: AnchorProps) {
  const to = target(href);
  const look =
    "text-accent underline decoration-accent/40 underline-offset-2 hover:decoration-accent";
  if (to.kind === "none") return <span>{children}</span>;
  if (to.kind === "node") {
    return (
      <Link href={to.href} className={look}>
        {children}
      </Link>
    );
  }
  return (
    <a href={to.href} target="_blank" rel="noopener noreferrer nofollow" className={look}>
      {children}
    </a>
  );
}

/** A block of code, with what copies it. */
function Block({ children }: { children: ReactNode }) {
  const code = textOf(children).replace(/\n$/, "");
  const language = languageOf(children);
  return (
    <div className="my-3 overflow-hidden rounded-md border bg-sunken">
      <div className="flex items-center justify-between border-b py-0.5 pr-1 pl-3 text-xs text-muted">
        <span>{language || "text"}</span>
        <Copy text={code} what="the code" />
      </div>
      <pre
        role="region"
        aria-label="Code"
        // Long lines are scrolled to, also by keyboard.
        tabIndex={0}
        className="max-h-112 overflow-auto p-3 font-mono text-xs leading-relaxed"
      >
        {code}
      </pre>
    </div>
  );
}

function heading(size: string) {
  // The page has its own heading; those of an answer stand below it.
  return function Heading({ children }: { children?: ReactNode }) {
    return (
      <p role="heading" aria-level={3} className={`font-semibold first:mt-0 ${size}`}>
        {children}
      </p>
    );
  };
}

interface Element {
  props: { children?: ReactNode; className?: string };
}

function isElement(node: ReactNode): node is ReactNode & Element {
  return typeof node === "object" && node !== null && "props" in node;
}

function textOf(node: ReactNode): string {
  if (typeof node === "string" || typeof node === "number") return String(node);
  if (Array.isArray(node)) return node.map(textOf).join("");
  return isElement(node) ? textOf(node.props.children) : "";
}

function languageOf(node: ReactNode): string {
  return (isElement(node) && /language-(\S+)/.exec(node.props.className ?? "")?.[1]) || "";
}
