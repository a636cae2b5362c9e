import type { Metadata } from "next";
import { Suspense } from "react";
import { Register } from "@/features/session";

export const metadata: Metadata = { title: "Register" };

export default function RegisterPage() {
  return (
    <Suspense>
      <Register />
    </Suspense>
  );
}
