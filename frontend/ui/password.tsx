"use client";

import { Eye, EyeOff } from "lucide-react";
import { useState, type ComponentProps } from "react";
import { Button } from "./button";
import { Input } from "./field";

/** A secret that is typed; shown while one wants to see it. */
export function PasswordInput(props: Omit<ComponentProps<"input">, "type">) {
  const [shown, setShown] = useState(false);
  return (
    <span className="relative block">
      <Input
        spellCheck={false}
        autoCapitalize="none"
        {...props}
        type={shown ? "text" : "password"}
        className="pr-10"
      />
      <Button
        kind="quiet"
        size="icon-sm"
        className="absolute top-1 right-1 text-muted"
        aria-label={shown ? "Hide it" : "Show it"}
        aria-pressed={shown}
        onClick={() => setShown(!shown)}
      >
        {shown ? <EyeOff /> : <Eye />}
      </Button>
    </span>
  );
}
