import type { Message } from "@/lib/api/client";
import { Card, CardHead } from "@/ui/card";

interface Props {
  title: string;
  messages: readonly Message[];
  none: string;
}

/** What one side said in a run. */
export function Said({ title, messages, none }: Props) {
  const told = messages.filter((message) => message.content !== "");
  return (
    <Card className="min-w-0">
      <CardHead title={title} />
      <div className="grid gap-4 p-4" aria-live="polite">
        {told.length === 0 && <p className="text-muted">{none}</p>}
        {told.map((message) => (
          <p key={message.id} className="leading-relaxed wrap-anywhere whitespace-pre-wrap">
            {message.content}
          </p>
        ))}
      </div>
    </Card>
  );
}
