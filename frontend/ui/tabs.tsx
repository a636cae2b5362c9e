"use client";

import { Tabs as Primitive } from "radix-ui";
import { useState, type ReactNode } from "react";

interface Tab {
  value: string;
  label: ReactNode;
  content: ReactNode;
  /** Once shown it stays, hidden, with all that was typed in it. What only reads is better drawn and read anew. */
  keeps?: boolean;
}

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
  tabs: readonly Tab[];
}

/** Several views of one thing. Which one is shown belongs in the address. */
export function Tabs({ label, value, onChange, tabs }: Props) {
  const [seen, setSeen] = useState<readonly string[]>([value]);
  if (!seen.includes(value)) setSeen([...seen, value]);
  return (
    <Primitive.Root value={value} onValueChange={onChange} className="grid min-w-0 gap-4">
      <Primitive.List aria-label={label} className="flex gap-1 overflow-x-auto border-b">
        {tabs.map((tab) => (
          <Primitive.Trigger
            key={tab.value}
            value={tab.value}
            className="-mb-px border-b-2 border-transparent px-3 py-2 font-medium whitespace-nowrap text-muted hover:text-text data-[state=active]:border-accent data-[state=active]:text-text"
          >
            {tab.label}
          </Primitive.Trigger>
        ))}
      </Primitive.List>
      {tabs.map((tab) => (
        <Primitive.Content
          key={tab.value}
          value={tab.value}
          forceMount={tab.keeps && seen.includes(tab.value) ? true : undefined}
          hidden={tab.value !== value}
          className="min-w-0"
        >
          {tab.content}
        </Primitive.Content>
      ))}
    </Primitive.Root>
  );
}
