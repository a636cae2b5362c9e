import { describe, expect, it } from "vitest";
import { ApiError } from "@/lib/api/client";
import type { Draft } from "./draft";
import { besideOf, refusalOf } from "./refusal";

function error(status: number, code: string, upstream?: string) {
  const details = upstream === undefined ? {} : { upstream };
  const body = { code, message: "the source refused", details, request_id: "req_1" };
  return new ApiError(status, body as ApiError["body"]);
}

const DRAFT: Draft = {
  name: "a",
  realm: "data",
  config: { url: "postgres://app@db/x" },
  credentials: { password: "wrong" },
  from: "url",
};

describe("why a source was refused", () => {
  it("is told beside the credentials when they are wrong", () => {
    const wrong = error(422, "upstream_refused", "password authentication failed for user app");
    expect(refusalOf(wrong)).toMatchObject({
      title: "The source refused.",
      reason: "Password authentication failed for user app.",
      requestId: "req_1",
    });
    expect(refusalOf(wrong).next).toContain("credentials");
    expect([...besideOf(wrong, DRAFT).keys()]).toEqual(["credentials.password"]);
  });

  it("is told beside the address when nobody answers there", () => {
    const away = error(503, "upstream_unavailable", "the name cannot be resolved");
    expect(refusalOf(away).next).toContain("spelt");
    expect(besideOf(away, DRAFT).get("config.url")).toBe("The name cannot be resolved.");
  });

  it("names who can open an address that the server may not call", () => {
    const shut = error(
      422,
      "upstream_refused",
      "calls to 127.0.0.1 are not allowed: it is private",
    );
    expect(refusalOf(shut).next).toContain("AGENTCY_EGRESS_ALLOW");
    expect(besideOf(shut, DRAFT).size).toBe(0);
  });

  it("does not blame the source when this server is away", () => {
    const away = error(0, "upstream_unavailable");
    expect(refusalOf(away).title).toBe("The source refused.");
    expect(besideOf(away, DRAFT).size).toBe(0);
  });
});
