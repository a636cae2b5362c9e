import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

const LOOKS = {
  plain: { icon: Info, box: "bg-sunken", sign: "text-muted" },
  warn: { icon: TriangleAlert, box: "border-warn/40 bg-warn-soft", sign: "text-warn" },
  bad: { icon: CircleAlert, box: "border-bad/40 bg-bad-soft", sign: "text-bad" },
} as const;

interface Props {
  tone?: keyof typeof LOOKS;
  title?: ReactNode;
  /** What to do about it. */
  action?: ReactNode;
  children?: ReactNode;
}

/** Something to know before going on. What is bad is said at once to who cannot see it. */
export function Notice({ tone = "plain", title, action, children }: Props) {
  const { icon: Icon, box, sign } = LOOKS[tone];
  return (
    <div
      role={tone === "bad" ? "alert" : "note"}
      className={cn(
        "flex flex-wrap items-start gap-x-3 gap-y-2 rounded-md border px-3 py-2.5",
        box,
      )}
    >
      <Icon className={cn("mt-0.5 size-4 shrink-0", sign)} aria-hidden />
      <div className="grid min-w-0 flex-1 basis-48 gap-0.5">
        {title && <p className="font-medium">{title}</p>}
        {children && <div className="text-text/85">{children}</div>}
      </div>
      {action}
    </div>
  );
}
