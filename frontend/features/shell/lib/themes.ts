import { Monitor, Moon, Sun } from "lucide-react";

/** Light, dark, or as the system is. */
export const THEMES = [
  { name: "light", label: "Light", icon: Sun },
  { name: "dark", label: "Dark", icon: Moon },
  { name: "system", label: "As the system", icon: Monitor },
] as const;
