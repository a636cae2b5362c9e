import { ApiError } from "@/lib/api/client";
import { Notice } from "@/ui/notice";
import { refusalOf } from "../lib/refusal";

/** Why a source was refused: what happened, what the other side says, what to try. */
export function Refused({ error }: { error: unknown }) {
  if (!error) return null;
  if (!(error instanceof ApiError)) {
    return <Notice tone="bad" title="Something failed that nobody foresaw." />;
  }
  const { title, reason, next, code, requestId } = refusalOf(error);
  return (
    <Notice tone="bad" title={title}>
      {reason && <p className="wrap-anywhere">{reason}</p>}
      {next && <p>{next}</p>}
      <p className="mt-1 text-xs text-muted">
        {code}
        {requestId && <> · request {requestId}</>}
      </p>
    </Notice>
  );
}
