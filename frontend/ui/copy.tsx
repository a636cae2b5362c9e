"use client";

import { Check, Copy as CopyIcon } from "lucide-react";
import { useState } from "react";
import { Button } from "./button";

const SHOWN_MS = 1_500;

interface Props {
  text: string;
  /** What is copied: "the id". */
  what: string;
  /** With words beside the sign. */
  label?: string;
}

/** Puts a text where it can be pasted from. */
export function Copy({ text, what, label }: Props) {
  const [done, setDone] = useState(false);

  async function copy() {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), SHOWN_MS);
  }

  return (
    <Button
      kind={label ? "plain" : "quiet"}
      size={label ? "sm" : "icon-sm"}
      aria-label={done ? "Copied" : `Copy ${what}`}
      title={`Copy ${what}`}
      onClick={() => void copy()}
    >
      {done ? <Check className="text-good" /> : <CopyIcon />}
      {label && (done ? "Copied" : label)}
    </Button>
  );
}
