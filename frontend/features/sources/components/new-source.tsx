"use client";

import { useRouter } from "next/navigation";
import { Page } from "@/ui/page";
import { Empty, Failure, SkeletonRows } from "@/ui/states";
import { Plug } from "lucide-react";
import Link from "next/link";
import { Button } from "@/ui/button";
import { useCatalog } from "../hooks/use-catalog";
import { Gallery } from "./gallery";
import { SourceForm } from "./source-form";

/** A new source: which kind, then its settings. */
export function NewSource({ kind: sourceType }: { kind: string }) {
  const catalog = useCatalog();
  const router = useRouter();
  const kind = catalog.data?.items.find((one) => one.source_type === sourceType);
  if (kind) {
    return (
      <Page
        title={`Connect ${kind.title}`}
        back={{ href: "/sources/?new=1", label: "All kinds of sources" }}
        note={kind.description}
      >
        <SourceForm kind={kind} onDone={({ id }) => router.replace(`/sources/?source=${id}`)} />
      </Page>
    );
  }
  return (
    <Page
      title="Connect a source"
      back={{ href: "/sources/", label: "Sources" }}
      note="What do you want to ask about?"
    >
      {catalog.isPending && <SkeletonRows />}
      {catalog.error && <Failure error={catalog.error} retry={() => void catalog.refetch()} />}
      {catalog.data && sourceType === "1" && <Gallery kinds={catalog.data.items} />}
      {catalog.data && sourceType !== "1" && (
        <Empty
          icon={Plug}
          title="This server has no such kind of source"
          action={
            <Button kind="primary" asChild>
              <Link href="/sources/?new=1">See what there is</Link>
            </Button>
          }
        />
      )}
    </Page>
  );
}
