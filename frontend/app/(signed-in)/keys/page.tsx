import type { Metadata } from "next";
import { Keys } from "@/features/keys";

export const metadata: Metadata = { title: "API keys" };

export default function KeysPage() {
  return <Keys />;
}
