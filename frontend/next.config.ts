import type { NextConfig } from "next";

// A static export: the server embeds what is built, and answers for nothing else here.
const config: NextConfig = {
  output: "export",
  basePath: "/app",
  trailingSlash: true,
  images: { unoptimized: true },
  reactStrictMode: true,
  devIndicators: false,
  // In development the pages are made when asked for: no page is known in advance.
  ...(process.env.NODE_ENV === "development" && { output: undefined }),
};

export default config;
