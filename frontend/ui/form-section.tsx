import type { ReactNode } from "react";

interface Props {
  title: string;
  /** What the fields are for. */
  note?: ReactNode;
  children: ReactNode;
}

/** A part of a long form: what it is about beside its fields. */
export function FormSection({ title, note, children }: Props) {
  return (
    <section className="grid gap-4 border-b px-4 py-5 last:border-0 md:grid-cols-[13rem_minmax(0,1fr)] md:gap-8 md:px-5">
      <div className="grid content-start gap-1">
        <h2 className="font-semibold">{title}</h2>
        {note && <p className="text-xs leading-relaxed text-muted">{note}</p>}
      </div>
      <div className="grid min-w-0 content-start gap-4">{children}</div>
    </section>
  );
}
