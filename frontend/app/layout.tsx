import "./globals.css";
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { Providers } from "@/features/shell";

export const metadata: Metadata = {
  title: { default: "agentcy", template: "%s · agentcy" },
  description: "Knowledge-graph agents over your organisation's systems.",
};

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" suppressHydrationWarning>
      <body>
        <Providers>{children}</Providers>
      </body>
    </html>
  );
}
