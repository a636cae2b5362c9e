import { ApiError } from "@/lib/api/client";
import type { Faults } from "./guards";

/** What is wrong with single fields, by their path. */
export function faultsOf(error: unknown): Faults {
  return error instanceof ApiError ? error.fields : new Map();
}
