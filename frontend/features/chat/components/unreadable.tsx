import { MessageSquareOff } from "lucide-react";
import Link from "next/link";
import { ApiError } from "@/lib/api/client";
import { Button } from "@/ui/button";
import { Empty, Failure } from "@/ui/states";

interface Props {
  error: unknown;
  onRetry: () => void;
}

/** A conversation that cannot be read: it is gone, or the server fails. */
export function Unreadable({ error, onRetry }: Props) {
  const isGone = error instanceof ApiError && [400, 404].includes(error.status);
  if (!isGone) return <Failure error={error} retry={onRetry} />;
  return (
    <Empty
      icon={MessageSquareOff}
      title="There is no such conversation"
      action={
        <Button kind="primary" asChild>
          <Link href="/chat/">Begin a new one</Link>
        </Button>
      }
    >
      It was deleted, or it belongs to somebody else.
    </Empty>
  );
}
