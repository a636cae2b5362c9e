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
    return <Notice tone="bad">{worded(error)}</Notice>;
  }
  if (error.code === "unauthenticated") {
    return <Notice>{worded(error)}</Notice>;
  }
  const others = [...error.fields].filter(([path]) => !beside.includes(path));
  if (error.fields.size > 0 && others.length === 0) return null;
  return (
    <Notice tone="bad" title={worded(error)}>
      {others.map(([path, message]) => (
        <p key={path}>
          <code className="font-mono text-xs">{path}</code> {message}
        </p>
      ))}
      <p className="text-xs text-muted">{traceOf(error)}</p>
    </Notice>
  );
}

/** What went wrong, for people. */
export function worded(error: unknown): string {
  if (!(error instanceof ApiError)) return "Something failed that nobody foresaw.";
  if (error.code === "unauthenticated") {
    return "Your session had ended, so nothing was done. Try again.";
  }
  return sentence(error.message);
}

/** What to name when one asks for help with it. */
export function traceOf(error: unknown): string {
  if (!(error instanceof ApiError)) return "";
  const { request_id: id } = error.body;
  return id ? `${error.code} · request ${id}` : error.code;
}

/** A message of the API as a sentence of a page. */
export function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
