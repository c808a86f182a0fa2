/**
 * Peak memory of reading a feed of a gigabyte: `node bench/xmltv-memory.ts` prints a table for bench/results/. The feed is one megabyte a
 * thousand times over, made beforehand and read in a process with `--max-old-space-size=256`, so that neither its making nor a pipe's
 * buffers count (to take a gigabyte from standard input and throw it away has a peak of 142 MB by itself).
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { readFeedBatches } from "../shared/feeds/read-feed.ts";
import { peakMb } from "./one-core.ts";
import { generatedFeed } from "./xmltv-feed.ts";

const PIECE = { channels: 10, programmes: 1_100 };
const PIECES = 1_030;

type Run = { readonly items: number; readonly seconds: number; readonly beforeMb: number; readonly peakMb: number };

const [mode, path = ""] = process.argv.slice(2);
if (mode === "--read") console.log(JSON.stringify(await measured(path)));
else compare();

function compare(): void {
  const folder = mkdtempSync(join(tmpdir(), "calltime-xmltv-"));
  try {
    const whole = Buffer.concat([...generatedFeed(PIECE)]);
    const begin = whole.indexOf("<channel");
    const end = whole.lastIndexOf("</tv>");
    console.log(`Node ${process.version}; ${(((end - begin) * PIECES) / 1e6).toFixed(0)} MB, --max-old-space-size=256\n`);
    console.log("| feed | items | s | MB before | peak MB |\n|---|---|---|---|---|");
    for (const what of ["plain", "gzipped"]) {
      // A gzip of many members is one gzip.
      const packed = what === "gzipped" ? gzipSync : (piece: Buffer): Buffer => piece;
      writeFileSync(join(folder, "first"), packed(whole.subarray(0, end)));
      writeFileSync(join(folder, "middle"), packed(whole.subarray(begin, end)));
      writeFileSync(join(folder, "last"), packed(whole.subarray(begin)));
      const command = ["--max-old-space-size=256", import.meta.filename, "--read", folder];
      const run = JSON.parse(execFileSync(process.execPath, command, { encoding: "utf8", timeout: 300_000 })) as Run;
      console.log(`| ${what} | ${run.items} | ${run.seconds.toFixed(1)} | ${run.beforeMb.toFixed(0)} | ${run.peakMb.toFixed(0)} |`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measured(folder: string): Promise<Run> {
  const [first, middle, last] = ["first", "middle", "last"].map((name) => readFileSync(join(folder, name)));
  async function* feed(): AsyncGenerator<Uint8Array, void, undefined> {
    for (let piece = 0; piece < PIECES; piece++) {
      const bytes = (piece === 0 ? first : piece === PIECES - 1 ? last : middle) ?? Buffer.alloc(0);
      for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
    }
  }
  const beforeMb = peakMb();
  const began = performance.now();
  let items = 0;
  for await (const batch of readFeedBatches(feed(), { maxBytes: 2_000_000_000 })) items += batch.length;
  return { items, seconds: (performance.now() - began) / 1_000, beforeMb, peakMb: peakMb() };
}
