import type { Metadata } from "next";
import { Users } from "@/features/users";

export const metadata: Metadata = { title: "Users" };

export default function UsersPage() {
  return <Users />;
}
