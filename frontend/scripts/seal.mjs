// After the export: what each page's inline scripts hash to, for the policy that is sent with it, and packed forms of what
// packs well. The server reads both from beside the files (crates/agentcy-ui).
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";

const OUT = "out";
const PACKS = new Set([".html", ".js", ".css", ".svg", ".txt", ".json", ".map"]);
const INLINE = /<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g;

function policy(html) {
  const scripts = [...html.matchAll(INLINE)].map((match) => match[1]);
  const hashes = scripts.map((text) => createHash("sha256").update(text).digest("base64"));
  return [...new Set(hashes)].map((hash) => `'sha256-${hash}'`).join(" ");
}

let pages = 0;
for (const entry of readdirSync(OUT, { recursive: true, withFileTypes: true })) {
  const kind = extname(entry.name);
  if (!entry.isFile() || !PACKS.has(kind)) continue;
  const path = join(entry.parentPath, entry.name);
  const content = readFileSync(path);
  if (kind === ".html") {
    writeFileSync(`${path}.csp`, policy(content.toString("utf8")));
    pages += 1;
  }
  const packed = gzipSync(content, { level: 9 });
  if (packed.length < content.length * 0.9) writeFileSync(`${path}.gz`, packed);
}
console.log(`${pages} pages sealed`);
