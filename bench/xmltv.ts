/**
 * How fast XMLTV is read, against saxes (the fastest streaming parser there is for Node) and against unpacking alone. One process a run,
 * the runs of all readers in turn in every round, so that what disturbs the machine disturbs all alike; compared are medians of the
 * ratios within a round. `node bench/xmltv.ts [rounds]` prints a table for bench/results/; the real feed is that of the data folder.
 * `node bench/xmltv.ts --warm ROUNDS FEED.xml` does it in one process, where V8 knows the code of both.
 */
import { createReadStream, createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import type { FeedItem } from "../shared/core/schedule/programme.ts";
import { readFeedBatches } from "../shared/feeds/read-feed.ts";
import { median, onOneCore, peakMb } from "./one-core.ts";
import { SaxesXmltv } from "./peers/saxes-xmltv.ts";
import { generatedFeed } from "./xmltv-feed.ts";

const READERS = ["scan", "saxes", "scan-gz", "saxes-gz", "drain-gz"] as const;
type Reader = (typeof READERS)[number];

/** One reading: wall time, time of all threads, peak memory, and a sum over every field of every item. */
type Run = { readonly wallMs: number; readonly cpuMs: number; readonly peakMb: number; readonly items: number; readonly sum: number };

const [mode, first, second] = process.argv.slice(2);
if (mode === "--run") console.log(JSON.stringify(await measured(first as Reader, second ?? "")));
else if (mode === "--warm") await compareWarm(Number(first ?? 10), second ?? "");
else await compare(Number(mode ?? 7));

async function measured(reader: Reader, path: string): Promise<Run> {
  const tally = { items: 0, sum: 0 };
  const cpu = process.cpuUsage();
  const began = performance.now();
  if (reader === "scan" || reader === "scan-gz") {
    for await (const batch of readFeedBatches(createReadStream(path))) add(tally, batch);
  } else {
    const source = createReadStream(path);
    const plain = reader === "saxes" ? source : source.pipe(createGunzip());
    const saxes = new SaxesXmltv();
    for await (const chunk of plain as AsyncIterable<Uint8Array>) {
      if (reader === "drain-gz") tally.sum += chunk.length;
      else add(tally, saxes.write(chunk));
    }
    if (reader !== "drain-gz") add(tally, saxes.end());
  }
  const wallMs = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs, cpuMs: (user + system) / 1_000, peakMb: peakMb(), ...tally };
}

function add(tally: { items: number; sum: number }, batch: readonly FeedItem[]): void {
  for (const item of batch) {
    tally.items++;
    tally.sum = (tally.sum + sumOf(item)) % 1_000_000_007;
  }
}

function sumOf(item: FeedItem): number {
  if (item.kind === "channel") return item.line + textSum(item.channel.id) + textSum(item.channel.name);
  if (item.kind !== "programme") return item.line;
  const { programme } = item;
  let sum = programme.line + programme.startsAtMs / 1_000 + (programme.endsAtMs ?? 0) / 500 + (programme.live ? 1 : 0);
  sum += textSum(programme.channelId) + 3 * textSum(programme.title) + 5 * textSum(programme.subTitle) + 7 * textSum(programme.description);
  sum += 11 * textSum(programme.episode) + 13 * textSum(programme.showing);
  for (const category of programme.categories) sum += 17 * textSum(category);
  return sum;
}

function textSum(text: string | undefined): number {
  return text === undefined || text === "" ? 0 : text.length * 31 + text.charCodeAt(0) * 7 + text.charCodeAt(text.length - 1);
}

/** Both readers in turn in one process, the bytes in memory, as in a process that reads one feed after another: CPU of all threads. */
async function compareWarm(rounds: number, path: string): Promise<void> {
  const bytes = readFileSync(path);
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
  }
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const spent: number[] = [];
    const sums: number[] = [];
    for (const reader of ["scan", "saxes"]) {
      const tally = { items: 0, sum: 0 };
      const cpu = process.cpuUsage();
      if (reader === "scan") for await (const batch of readFeedBatches(chunks())) add(tally, batch);
      else {
        const saxes = new SaxesXmltv();
        for await (const chunk of chunks()) add(tally, saxes.write(chunk));
        add(tally, saxes.end());
      }
      const { user, system } = process.cpuUsage(cpu);
      spent.push((user + system) / 1_000);
      sums.push(tally.sum);
    }
    const [scanMs = Number.NaN, saxesMs = Number.NaN] = spent;
    if (sums[0] !== sums[1]) throw new Error(`the readers do not agree: ${sums.join(", ")}`);
    ratios.push(saxesMs / scanMs);
    console.log(`round ${round + 1}: scan ${scanMs.toFixed(0)} ms, saxes ${saxesMs.toFixed(0)} ms, ratio ${(saxesMs / scanMs).toFixed(2)}`);
  }
  console.log(`median of the second half: ${median(ratios.slice(ratios.length >> 1)).toFixed(2)}`);
}

async function compare(rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "calltime-xmltv-"));
  try {
    const data = resolve(import.meta.dirname, "..", process.env["CALLTIME_DATA"] ?? "../shared/data", "epg/large_61MB.xml.gz");
    console.log(`${cpus()[0]?.model ?? "?"}, ${cpus().length} cores, Node ${process.version}; ${rounds} rounds, each run on one core`);
    if (existsSync(data)) {
      const real = await written(join(folder, "real"), createReadStream(data).pipe(createGunzip()));
      report("real", real, rounds);
      // As large as a whole country's: what V8 takes to get to know the code is a smaller part of it.
      report("real, four times over", await written(join(folder, "real-4"), fourTimes(real.plain)), rounds);
    } else console.log(`skipped: ${data} is not present`);
    const generated = await written(join(folder, "generated"), Readable.from(generatedFeed({ channels: 500, programmes: 250_000 })));
    report("generated", generated, rounds);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type FeedFiles = { readonly plain: string; readonly packed: string };

async function written(path: string, feed: Readable): Promise<FeedFiles> {
  const files = { plain: `${path}.xml`, packed: `${path}.xml.gz` };
  await pipeline(feed, createWriteStream(files.plain));
  await pipeline(createReadStream(files.plain), createGzip(), createWriteStream(files.packed));
  return files;
}

/** The same feed with all that is in its <tv> four times. */
function fourTimes(path: string): Readable {
  const text = readFileSync(path);
  const begin = text.indexOf(">", text.indexOf("<tv")) + 1;
  const end = text.lastIndexOf("</tv>");
  const inside = text.subarray(begin, end);
  return Readable.from([text.subarray(0, begin), inside, inside, inside, inside, text.subarray(end)]);
}

function report(name: string, feed: FeedFiles, rounds: number): void {
  const runs = new Map<Reader, Run[]>(READERS.map((reader) => [reader, []]));
  for (let round = 0; round < rounds; round++) {
    // The order turns, so that no reader is always behind the same other.
    for (let turn = 0; turn < READERS.length; turn++) {
      const reader = READERS[(round + turn) % READERS.length] ?? "scan";
      runs.get(reader)?.push(inProcess(reader, reader.endsWith("-gz") ? feed.packed : feed.plain));
    }
  }
  const sums = new Set(
    READERS.filter((reader) => reader !== "drain-gz")
      .map((reader) => runs.get(reader)?.map(({ items, sum }) => `${items} ${sum}`))
      .flat(),
  );
  if (sums.size !== 1) throw new Error(`the readers do not agree: ${[...sums].join(", ")}`);
  const bytes = statSync(feed.plain).size;
  const items = runs.get("scan")?.[0]?.items ?? 0;
  console.log(
    `\n${name}: ${(bytes / 1e6).toFixed(1)} MB (${(statSync(feed.packed).size / 1e6).toFixed(1)} MB packed), ${items} items, all equal\n`,
  );
  console.log("| reader | wall ms | CPU ms | MB/s | peak MB |\n|---|---|---|---|---|");
  for (const reader of READERS) {
    const of = (what: keyof Run): number => median((runs.get(reader) ?? []).map((run) => run[what]));
    console.log(
      `| ${reader} | ${of("wallMs").toFixed(0)} | ${of("cpuMs").toFixed(0)} | ${(bytes / of("wallMs") / 1_000).toFixed(0)} | ${of("peakMb").toFixed(0)} |`,
    );
  }
  console.log("\n| ratio within a round | median, wall | least and most | median, CPU |\n|---|---|---|---|");
  for (const [over, under] of [
    ["saxes", "scan"],
    ["saxes-gz", "scan-gz"],
    ["scan-gz", "drain-gz"],
    ["saxes-gz", "drain-gz"],
  ] as const) {
    const ratios = (what: "wallMs" | "cpuMs"): number[] =>
      (runs.get(over) ?? []).map((run, round) => run[what] / (runs.get(under)?.[round]?.[what] ?? Number.NaN));
    const wall = ratios("wallMs");
    const range = `${Math.min(...wall).toFixed(2)} – ${Math.max(...wall).toFixed(2)}`;
    console.log(`| ${over} / ${under} | ${median(wall).toFixed(2)} | ${range} | ${median(ratios("cpuMs")).toFixed(2)} |`);
  }
}

/** One reading in a process of its own. */
function inProcess(reader: Reader, path: string): Run {
  return JSON.parse(onOneCore([process.execPath, import.meta.filename, "--run", reader, path])) as Run;
}
