import { ArrowLeft } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";

interface Props {
  title: string;
  /** What it is a part of. */
  back?: { href: string; label: string };
  note?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** The frame of a page: what it is, what can be done, and its content. */
export function Page({ title, back, note, actions, children }: Props) {
  return (
    <div className="mx-auto grid w-full max-w-6xl grid-cols-1 gap-5 px-4 py-6 sm:px-6">
      <header className="flex flex-wrap items-end justify-between gap-3">
        <div className="min-w-0">
          {back && (
            <Link
              href={back.href}
              className="-ml-1 inline-flex min-h-6 items-center gap-1 rounded px-1 text-xs text-muted hover:text-text"
            >
              <ArrowLeft className="size-3.5" aria-hidden /> {back.label}
            </Link>
          )}
          <h1 className="text-xl font-semibold tracking-tight wrap-anywhere">{title}</h1>
          {note && <p className="text-muted">{note}</p>}
        </div>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
