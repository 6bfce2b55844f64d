// Unpacks the browser into node_modules/.chromium: the program, the libraries that a bare Linux lacks, one font.
import { createReadStream, createWriteStream, mkdirSync, renameSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { extract } from "tar-fs";

const packed = new URL("node_modules/@sparticuz/chromium/bin/", import.meta.url).pathname;
const folder = new URL("node_modules/.chromium", import.meta.url).pathname;

async function unpack(name, target) {
  await pipeline(createReadStream(packed + name), createBrotliDecompress(), target);
}

mkdirSync(folder, { recursive: true });
await unpack("al2023.tar.br", extract(folder));
await unpack("fonts.tar.br", extract(folder));
await unpack("chromium.br", createWriteStream(`${folder}/chromium.part`, { mode: 0o755 }));
// Last, because the program is what make and the tests look for.
renameSync(`${folder}/chromium.part`, `${folder}/chromium`);
