import type { Metadata } from "next";
import { Sources } from "@/features/sources";

export const metadata: Metadata = { title: "Sources" };

export default function SourcesPage() {
  return <Sources />;
}
