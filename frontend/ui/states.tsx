"use client";

import { CircleAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError } from "@/lib/api/client";
import { cn } from "@/lib/cn";
import { Button } from "./button";

/** The place of something that is on its way. */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={cn("animate-pulse rounded-md bg-sunken", className)} />;
}

/** Rows that are on their way. */
export function SkeletonRows({ rows = 5 }: { rows?: number }) {
  return (
    <div role="status" className="grid gap-2 p-4">
      <span className="sr-only">Loading</span>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} className="h-9" />
      ))}
    </div>
  );
}

interface EmptyProps {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  /** The one thing to do next. */
  action?: ReactNode;
}

/** Nothing is here yet, and what to do about it. */
export function Empty({ icon: Icon, title, children, action }: EmptyProps) {
  return (
    <div className="grid justify-items-center gap-3 px-6 py-14 text-center">
      <Icon className="size-8 text-muted" strokeWidth={1.5} aria-hidden />
      <h3 className="font-semibold">{title}</h3>
      {children && <p className="max-w-sm text-muted">{children}</p>}
      {action}
    </div>
  );
}

interface FailureProps {
  error: unknown;
  retry?: () => void;
}

/** What failed, why, and what next. */
export function Failure({ error, retry }: FailureProps) {
  const known = error instanceof ApiError ? error : null;
  return (
    <div role="alert" className="grid justify-items-center gap-2 px-6 py-10 text-center">
      <CircleAlert className="size-7 text-bad" strokeWidth={1.5} aria-hidden />
      <p className="max-w-md font-medium">
        {known?.message ?? "Something failed that nobody foresaw."}
      </p>
      {known && (
        <p className="text-xs text-muted">
          {known.code}
          {known.body.request_id && <> · request {known.body.request_id}</>}
        </p>
      )}
      {retry && (
        <Button size="sm" onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}
