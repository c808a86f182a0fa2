/**
 * How fast XMLTV is read beside what else there is: the packages that npm users pick, a general parser that is widely used, and parsers in C.
 * `node bench/xmltv-peers.ts [rounds]` prints tables for bench/results/. One process a run, on one core, all in turn in every round; compared
 * are medians of the ratios within a round. All must find the same programmes and the same sum of their times; our own reader does more: it
 * checks what it reads and keeps every field.
 */
import { execFileSync } from "node:child_process";
import { createReadStream, createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { parse as parseEpg } from "epg-parser";
import { XMLParser } from "fast-xml-parser";
import { Parser as XmltvParser } from "xmltv";
import { readFeedBatches } from "../shared/feeds/read-feed.ts";
import { parseXmltvTime } from "../shared/feeds/xmltv-time.ts";
import { median, onOneCore, peakMb } from "./one-core.ts";
import { SaxesXmltv } from "./peers/saxes-xmltv.ts";

/** `cpuMs`: of all threads, so that other work on the machine counts little. `times`: of all programmes, in seconds, starts once and ends twice. A peer in C does not say its memory. */
type Run = { readonly cpuMs: number; readonly programmes: number; readonly times: number; readonly peakMb?: number };
type Tally = { programmes: number; times: number };

const IN_NODE: Readonly<Record<string, (path: string, tally: Tally) => Promise<void>>> = {
  calltime: async (path, tally) => {
    for await (const batch of readFeedBatches(createReadStream(path)))
      for (const item of batch) if (item.kind === "programme") take(tally, item.programme.startsAtMs, item.programme.endsAtMs);
  },
  saxes: async (path, tally) => {
    const parser = new SaxesXmltv();
    for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>)
      for (const item of parser.write(chunk))
        if (item.kind === "programme") take(tally, item.programme.startsAtMs, item.programme.endsAtMs);
    for (const item of parser.end()) if (item.kind === "programme") take(tally, item.programme.startsAtMs, item.programme.endsAtMs);
  },
  "epg-parser": (path, tally) => {
    for (const { start, stop } of parseEpg(readFileSync(path, "utf8")).programs)
      take(tally, Date.parse(start ?? ""), stop === null ? undefined : Date.parse(stop));
    return Promise.resolve();
  },
  xmltv: async (path, tally) => {
    const parser = new XmltvParser();
    parser.on("programme", ({ start, end }: { readonly start: Date; readonly end: Date | null }) =>
      take(tally, start.getTime(), end?.getTime()),
    );
    await pipeline(createReadStream(path), parser);
  },
  "fast-xml-parser": (path, tally) => {
    const options = { ignoreAttributes: false, attributeNamePrefix: "", parseTagValue: false, parseAttributeValue: false };
    const parser = new XMLParser({ ...options, isArray: (name) => name === "programme" });
    const { tv } = parser.parse(readFileSync(path)) as { readonly tv: { readonly programme: readonly { start: string; stop?: string }[] } };
    // The same dates by hand as our own reader has: fast-xml-parser has none.
    for (const { start, stop } of tv.programme)
      take(tally, parseXmltvTime(start) ?? Number.NaN, stop === undefined ? undefined : parseXmltvTime(stop));
    return Promise.resolve();
  },
};

const [mode, path = ""] = process.argv.slice(2);
if (mode !== undefined && mode in IN_NODE) console.log(JSON.stringify(await measured(mode, path)));
else await compare(Number(mode ?? 5));

function take(tally: Tally, startMs: number, endMs: number | undefined): void {
  tally.programmes++;
  tally.times += startMs / 1_000 + (endMs ?? 0) / 500;
}

async function measured(reader: string, file: string): Promise<Run> {
  const tally: Tally = { programmes: 0, times: 0 };
  const before = process.cpuUsage();
  await IN_NODE[reader]?.(file, tally);
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1_000, ...tally, peakMb: peakMb() };
}

/** The parsers in C that this machine has a compiler and headers for, and how each is run. */
function inC(folder: string): Readonly<Record<string, string>> {
  const built: Record<string, string> = {};
  for (const [name, flags] of [
    ["libxml2 SAX (C)", ["-DLIBXML2", "-I/usr/include/libxml2", "-lxml2"]],
    ["expat (C)", ["-lexpat"]],
  ] as const) {
    const program = join(folder, name.replaceAll(/\W/g, "-"));
    try {
      execFileSync("cc", ["-O2", "-o", program, join(import.meta.dirname, "peers/census.c"), ...flags], { stdio: "ignore" });
      built[name] = program;
    } catch {
      console.log(`left out: ${name}, which cannot be compiled here`);
    }
  }
  return built;
}

async function compare(rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "calltime-peers-"));
  try {
    console.log(`${cpus()[0]?.model ?? "?"}, ${cpus().length} cores, Node ${process.version}; ${rounds} rounds, each run on one core`);
    const programs = inC(folder);
    for (const name of ["clean/all_epg.xml.gz", "large_61MB.xml.gz"]) {
      const data = resolve(import.meta.dirname, "..", process.env["CALLTIME_DATA"] ?? "../shared/data", "epg", name);
      if (!existsSync(data)) throw new Error(`${data} is not present; set CALLTIME_DATA to the data folder`);
      const plain = join(folder, "feed.xml");
      await pipeline(createReadStream(data), createGunzip(), createWriteStream(plain));
      report(name, plain, rounds, programs);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function report(name: string, plain: string, rounds: number, programs: Readonly<Record<string, string>>): void {
  const commands = new Map<string, readonly string[]>([
    ...Object.keys(IN_NODE).map((reader): [string, readonly string[]] => [reader, [process.execPath, import.meta.filename, reader, plain]]),
    ...Object.entries(programs).map(([reader, program]): [string, readonly string[]] => [reader, [program, plain]]),
  ]);
  const readers = [...commands.keys()];
  const runs = new Map<string, Run[]>(readers.map((reader) => [reader, []]));
  for (let round = 0; round < rounds; round++) {
    // The order turns, so that no reader is always behind the same other.
    for (let turn = 0; turn < readers.length; turn++) {
      const reader = readers[(round + turn) % readers.length] ?? "";
      runs.get(reader)?.push(JSON.parse(onOneCore(commands.get(reader) ?? [])) as Run);
    }
  }
  const found = new Map(
    [...runs].map(([reader, of]) => [reader, [...new Set(of.map(({ programmes, times }) => `${programmes}/${times}`))].join(" ")]),
  );
  const megabytes = statSync(plain).size / 1e6;
  console.log(
    `\n**${name}:** ${megabytes.toFixed(1)} MB\n\n| reader | CPU ms | MB a CPU second | peak MB | calltime is so many times as fast | least and most | same programmes and times |\n|---|---|---|---|---|---|---|`,
  );
  for (const [reader, of] of runs) {
    const ms = median(of.map(({ cpuMs }) => cpuMs));
    const ratios = of.map(({ cpuMs }, round) => cpuMs / (runs.get("calltime")?.[round]?.cpuMs ?? Number.NaN));
    const peak = of[0]?.peakMb === undefined ? "" : median(of.map((run) => run.peakMb ?? 0)).toFixed(0);
    const same = found.get(reader) === found.get("calltime") ? "yes" : `no: ${found.get(reader)}`;
    console.log(
      `| ${reader} | ${ms.toFixed(0)} | ${(megabytes / (ms / 1_000)).toFixed(0)} | ${peak} | ${median(ratios).toFixed(1)} | ${Math.min(...ratios).toFixed(1)} – ${Math.max(...ratios).toFixed(1)} | ${same} |`,
    );
  }
}
