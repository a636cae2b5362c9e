import { Skeleton } from "@/ui/states";

/** A thread that is on its way. */
export function ThreadSkeleton() {
  return (
    <div role="status" className="grid gap-6">
      <span className="sr-only">Loading</span>
      <Skeleton className="ml-auto h-9 w-56" />
      <div className="grid gap-2">
        <Skeleton className="h-8" />
        <Skeleton className="h-4 w-11/12" />
        <Skeleton className="h-4 w-2/3" />
      </div>
      <Skeleton className="ml-auto h-9 w-40" />
      <div className="grid gap-2">
        <Skeleton className="h-4 w-10/12" />
        <Skeleton className="h-4 w-1/2" />
      </div>
    </div>
  );
}
