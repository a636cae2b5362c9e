import { traceOf, worded } from "./fault";
import { toast } from "./toast";

/** Says over the page of a failed action what failed, what next, and how to ask for help with it. */
export function tell(error: unknown, next = "") {
  const description = [next, traceOf(error)].filter(Boolean).join(" ");
  toast.error(worded(error), description ? { description } : {});
}
