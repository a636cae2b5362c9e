import type { NextConfig } from "next";

// A static export: the server embeds what is built, and answers for nothing else here.
const config: NextConfig = {
  output: "export",
  basePath: "/app",
  trailingSlash: true,
  images: { unoptimized: true },
  reactStrictMode: true,
  // In development the API is a server beside this one.
  ...(process.env.NODE_ENV === "development" && {
    output: undefined,
    rewrites: async () => [
      {
        source: "/api/:path*",
        destination: "http://localhost:8080/api/:path*",
        basePath: false as const,
      },
    ],
  }),
};

export default config;
