import { clsx, type ClassValue } from "clsx";
import { twMerge } from "tailwind-merge";

/** Class names, the later ones winning. */
export function cn(...classes: ClassValue[]): string {
  return twMerge(clsx(classes));
}
