import {
  Braces,
  Database,
  FileSpreadsheet,
  GitBranch,
  Globe,
  Plug,
  type LucideIcon,
} from "lucide-react";

const ICONS: Record<string, LucideIcon> = {
  git: GitBranch,
  postgres: Database,
  http: Globe,
  json: Braces,
  csv: FileSpreadsheet,
};

/** The sign of a kind of source. */
export function KindIcon({ sourceType, className }: { sourceType: string; className?: string }) {
  const Icon = ICONS[sourceType] ?? Plug;
  return <Icon className={className ?? "size-4 text-muted"} aria-hidden />;
}
