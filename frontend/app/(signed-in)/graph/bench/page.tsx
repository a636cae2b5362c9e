import type { Metadata } from "next";
import { GraphBench } from "@/features/graph";

export const metadata: Metadata = { title: "Graph bench" };

export default function Page() {
  return <GraphBench />;
}
