import type { Metadata } from "next";
import { ApprovalsInbox } from "@/features/approvals";

export const metadata: Metadata = { title: "Approvals" };

export default function ApprovalsPage() {
  return <ApprovalsInbox />;
}
