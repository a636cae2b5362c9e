"use client";

import { Button } from "@/ui/button";

interface Props {
  error: Error & { digest?: string };
  reset: () => void;
}

/** What stands where a page broke: a fault of ours, never of the data. */
export default function Broken({ error, reset }: Props) {
  return (
    <main className="grid min-h-dvh place-content-center justify-items-center gap-3 p-6 text-center">
      <h1 className="text-xl font-semibold tracking-tight">This page broke</h1>
      <p className="max-w-md text-muted">
        Nothing was lost on the server. Try again; if it breaks once more, load the page anew.
      </p>
      <code className="max-w-md rounded-md bg-sunken px-2 py-1 font-mono text-xs break-all">
        {error.message}
      </code>
      <div className="flex gap-2">
        <Button kind="primary" onClick={reset}>
          Try again
        </Button>
        <Button onClick={() => window.location.reload()}>Load anew</Button>
      </div>
    </main>
  );
}
