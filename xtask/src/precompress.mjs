// Writes X.br and X.gz beside each file X of the folder given, where they are smaller.
// Node does it because it has a fast brotli, and is needed for the page anyway.
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const kinds = /\.(html|js|css|wasm|svg|json|webmanifest|txt|ico)$/;
const root = process.argv[2];

for (const entry of readdirSync(root, { recursive: true })) {
  const path = join(root, entry);
  if (!kinds.test(path) || !statSync(path).isFile()) continue;
  const bytes = readFileSync(path);
  if (bytes.length < 256) continue;
  const brotli = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: 22,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  const gzip = gzipSync(bytes, { level: 9 });
  for (const [suffix, packed] of [[".br", brotli], [".gz", gzip]]) {
    if (packed.length < bytes.length) writeFileSync(path + suffix, packed);
    else rmSync(path + suffix, { force: true });
  }
}
