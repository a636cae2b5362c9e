// The one door to the API: the generated client, with our errors and our keys.
import { client } from "./generated/client.gen";
import type { ErrorBody } from "./generated/types.gen";

export * from "./generated/sdk.gen";
export * from "./generated/@tanstack/react-query.gen";
export type * from "./generated/types.gen";

/** What an answer that is no success says of itself. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
    /** In how many seconds another try is welcome, where the server says. */
    readonly retryAfter?: number,
  ) {
    super(body.message);
    this.name = "ApiError";
  }

  get code() {
    return this.body.code;
  }

  /** Faults of single fields, by their JSON path. */
  get fields(): ReadonlyMap<string, string> {
    const fields = (this.body.details as { fields?: { path: string; message: string }[] } | null)
      ?.fields;
    return new Map(fields?.map(({ path, message }) => [path, message]));
  }
}

const UNREACHABLE: ErrorBody = {
  code: "upstream_unavailable",
  message: "The server cannot be reached. It may be restarting; try again in a moment.",
  details: {},
  request_id: "",
};

function isErrorBody(error: unknown): error is { error: ErrorBody } {
  return typeof error === "object" && error !== null && "error" in error;
}

client.setConfig({ baseUrl: "", credentials: "same-origin" });

// Every POST may be repeated by a lost connection; the server answers a repeat as the first time.
client.interceptors.request.use((request) => {
  const { method, url, headers } = request;
  if (method === "POST" && !url.includes("/auth/") && !headers.has("Idempotency-Key")) {
    headers.set("Idempotency-Key", crypto.randomUUID());
  }
  return request;
});

function refusal(error: unknown, response: Response | undefined): ApiError {
  const body = isErrorBody(error) ? error.error : UNREACHABLE;
  const wait = Number(response?.headers.get("retry-after") ?? undefined);
  return new ApiError(response?.status ?? 0, body, Number.isFinite(wait) ? wait : undefined);
}

client.interceptors.error.use(refusal);

/** The `fetch` of what streams: a refusal is told as everywhere else, which the generated reader does not. */
export async function opened(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const response = await globalThis.fetch(input, init).catch(() => null);
  if (response?.ok) return response;
  throw refusal(await response?.json().catch(() => null), response ?? undefined);
}
