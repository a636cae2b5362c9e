"use client";

import { later } from "@/ui/later";

/** The menu of a conversation, which comes after what is read first. */
export const LazyMenu = later(
  () => import("./conversation-menu").then((it) => it.ConversationMenu),
  () => <span className="inline-block size-7" />,
);
