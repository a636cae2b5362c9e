import type { ReactNode } from "react";

interface Props {
  title: string;
  note: ReactNode;
  children: ReactNode;
  /** The other way in. */
  other?: ReactNode;
}

/** The frame of the pages before anybody is signed in. */
export function Entrance({ title, note, children, other }: Props) {
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-10">
      <div className="grid w-full max-w-sm gap-6">
        <p className="text-lg font-semibold tracking-tight">agentcy</p>
        <div className="grid gap-5 rounded-lg border bg-surface p-6">
          <div>
            <h1 className="text-lg font-semibold tracking-tight">{title}</h1>
            <p className="text-muted">{note}</p>
          </div>
          {children}
        </div>
        {other && <p className="text-center text-muted">{other}</p>}
      </div>
    </main>
  );
}

/** What a link between these pages looks like. */
export const ENTRANCE_LINK = "font-medium text-accent underline-offset-4 hover:underline";
