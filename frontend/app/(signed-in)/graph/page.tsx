import type { Metadata } from "next";
import { GraphPage } from "@/features/graph";

export const metadata: Metadata = { title: "Graph" };

export default function Page() {
  return <GraphPage />;
}
