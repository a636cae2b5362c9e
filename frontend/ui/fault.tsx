import { ApiError } from "@/lib/api/client";
import { Notice } from "./notice";

interface Props {
  error: unknown;
  /** The fields whose faults stand beside them already. */
  beside?: readonly string[];
}

/** What a form was refused for, where it is not said beside a field. */
export function Fault({ error, beside = [] }: Props) {
  if (!error) return null;
  if (!(error instanceof ApiError)) {
    return <Notice tone="bad">Something failed that nobody foresaw.</Notice>;
  }
  if (error.code === "unauthenticated") {
    return <Notice>Your session had ended, so nothing was done. Try again.</Notice>;
  }
  const others = [...error.fields].filter(([path]) => !beside.includes(path));
  if (error.fields.size > 0 && others.length === 0) return null;
  return (
    <Notice tone="bad" title={sentence(error.message)}>
      {others.map(([path, message]) => (
        <p key={path}>
          <code className="font-mono text-xs">{path}</code> {message}
        </p>
      ))}
      <p className="text-xs text-muted">
        {error.code}
        {error.body.request_id && <> · request {error.body.request_id}</>}
      </p>
    </Notice>
  );
}

/** A message of the API as a sentence of a page. */
export function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
