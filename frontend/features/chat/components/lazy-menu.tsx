"use client";

import dynamic from "next/dynamic";

/** The menu of a conversation, which comes after what is read first. */
export const LazyMenu = dynamic(() => import("./conversation-menu"), {
  ssr: false,
  loading: () => <span className="inline-block size-7" />,
});
