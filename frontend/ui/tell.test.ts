import { beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "@/lib/api/client";
import { tell } from "./tell";
import { toast } from "./toast";

vi.mock("./toast", () => ({ toast: { error: vi.fn() } }));

const refused = (code: string, request_id: string) =>
  new ApiError(409, { code, message: "the name is taken", details: {}, request_id } as never);

beforeEach(() => vi.mocked(toast.error).mockClear());

test("a failed action is told with what to name when asking for help", () => {
  tell(refused("in_use", "req_1"));
  expect(toast.error).toHaveBeenCalledWith("The name is taken.", {
    description: "in_use · request req_1",
  });
});

test("it is told what next, where there is something", () => {
  tell(refused("in_use", ""), "Take another.");
  expect(toast.error).toHaveBeenCalledWith("The name is taken.", {
    description: "Take another. in_use",
  });
});

test("a fault of our own is told, too", () => {
  tell(new Error("x is undefined"));
  expect(toast.error).toHaveBeenCalledWith("Something failed that nobody foresaw.", {});
});
