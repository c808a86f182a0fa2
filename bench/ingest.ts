/**
 * What a whole ingest takes beside reading the feed alone, by how much of it changed: `node bench/ingest.ts [rounds]` prints tables for
 * bench/results/ and writes bench/results/ingest.json. The feed is the real one of the data folder four times over, each time under
 * channel ids of its own. One process a run, each on one core, what is compared in turn in every round; compared are medians of the ratios
 * within a round. Every ingest begins from a copy of a store that the unedited feed was put in force in.
 */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { once } from "node:events";
import { openDatabase } from "../local/database.ts";
import { sqliteDocumentStore } from "../local/document-store.ts";
import { plainJournal } from "../local/memory/plain.ts";
import { NOT_BEGUN } from "../local/not-begun.ts";
import { sqliteSchedules } from "../local/schedule-store.ts";
import { contextOf } from "../shared/app/context.ts";
import { ingest } from "../shared/app/ingest.ts";
import { DEFAULT_CUE_OFFSETS } from "../shared/core/cue/cue.ts";
import { DEFAULT_IMPACT_THRESHOLD } from "../shared/core/forecast/impact.ts";
import { DEFAULT_PLAN_POLICY } from "../shared/core/plan/plan.ts";
import { readFeedBatches } from "../shared/feeds/read-feed.ts";

const COPIES = 4;
const PROGRAMMES_A_COPY = 98_196;
/** Shares of the programmes that are retitled: anywhere in the feed, or (together) on as few channels as have so many. */
const EDITS = ["none", "one", "0.001", "0.01", "0.1", "1", "0.01 together"] as const;
type Edit = (typeof EDITS)[number];
const EVERY_ROUND: ReadonlySet<string> = new Set(["scan", "none", "one"]);
/** A young generation that suits a small Lambda; by default V8 lets it grow as if memory were free. */
const SMALL_YOUNG = "--max-semi-space-size=8";

/** One run: wall time, time of all threads, peak memory, what was kept. */
type Run = {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMb: number;
  readonly items: number;
  readonly outcome?: string;
  readonly changes?: number;
  readonly chunks?: number;
  readonly chunkBytes?: number;
  readonly manifestBytes?: number;
};

const [mode, ...given] = process.argv.slice(2);
if (mode === "--scan") console.log(JSON.stringify(await scanned(given[0] ?? "")));
else if (mode === "--ingest") console.log(JSON.stringify(await ingested(given[0] ?? "", given[1] ?? "", Number(given[2]))));
else await compare(Number(mode ?? 5));

async function scanned(path: string): Promise<Run> {
  let items = 0;
  return measured(async () => {
    for await (const batch of readFeedBatches(createReadStream(path))) items += batch.length;
    return { items };
  });
}

async function ingested(path: string, directory: string, now: number): Promise<Run> {
  const database = openDatabase({ kind: "directory", path: directory });
  const { schedules, chunks } = sqliteSchedules(database);
  const kept: number[] = [];
  const bus = { publish: async (events: readonly unknown[]) => events.map(() => ({ kind: "accepted" as const })) };
  const keep: typeof chunks.keep = async (more) => {
    for (const { bytes } of more) kept.push(bytes.length);
    await chunks.keep(more);
  };
  const context = contextOf(
    { ...NOT_BEGUN, documents: sqliteDocumentStore(database), schedules, chunks: { ...chunks, keep }, bus, journal: plainJournal() },
    {
      targets: [],
      expectations: [],
      zone: [],
      threshold: DEFAULT_IMPACT_THRESHOLD,
      cueOffsets: DEFAULT_CUE_OFFSETS,
      policy: DEFAULT_PLAN_POLICY,
    },
  );
  const run = await measured(async () => {
    const report = await ingest(context, { feedId: "guide", read: () => createReadStream(path) }, now);
    const changes = Object.values(report.changeCounts).reduce((sum, count) => sum + count, 0);
    return { items: report.counts.programmesRead, outcome: report.outcome, changes };
  });
  await database.close();
  // The manifest is kept last.
  const manifestBytes = kept.pop() ?? 0;
  return { ...run, chunks: kept.length, chunkBytes: kept.reduce((sum, bytes) => sum + bytes, 0), manifestBytes };
}

async function measured(work: () => Promise<Pick<Run, "items" | "outcome" | "changes">>): Promise<Run> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  const found = await work();
  const wallMs = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs, cpuMs: (user + system) / 1_000, peakMb: peakMb(), ...found };
}

/** Peak memory of this process; what the operating system says of a child may be its parent's. */
function peakMb(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS / 1_024;
  return Number(/VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? Number.NaN) / 1_024;
}

async function compare(rounds: number): Promise<void> {
  const source = resolve(import.meta.dirname, "..", process.env["CALLTIME_DATA"] ?? "../shared/data", "epg/large_61MB.xml.gz");
  if (!existsSync(source)) return console.log(`skipped: ${source} is not present`);
  const folder = mkdtempSync(join(tmpdir(), "calltime-ingest-"));
  try {
    const text = gunzipSync(readFileSync(source)).toString("latin1");
    const now = firstStartMs(text);
    const feeds = new Map<Edit, string>();
    for (const edit of EDITS) feeds.set(edit, await written(join(folder, `${edit}.xml`), text, edit));
    const base = feeds.get("none") ?? "";
    const store = join(folder, "store");
    const first = run([], "--ingest", base, store, `${now}`);
    const again = (flags: readonly string[], edit: Edit): Run => {
      const copy = join(folder, "copy");
      cpSync(store, copy, { recursive: true });
      const once = run(flags, "--ingest", feeds.get(edit) ?? "", copy, `${now}`);
      rmSync(copy, { recursive: true });
      return once;
    };
    const machine = `${cpus()[0]?.model ?? "?"}, ${cpus().length} cores, Node ${process.version}; ${rounds} rounds, each run on one core`;
    console.log(`${machine}\n${(statSync(base).size / 1e6).toFixed(0)} MB, ${first.items} programmes\n`);
    const runs = new Map<string, Run[]>([["scan", []], ...EDITS.map((edit): [string, Run[]] => [edit, []])]);
    for (let round = 0; round < rounds; round++) {
      for (const name of round % 2 === 0 ? runs.keys() : [...runs.keys()].toReversed()) {
        if (round > 0 && !EVERY_ROUND.has(name)) continue;
        runs.get(name)?.push(name === "scan" ? run([], "--scan", base) : again([], name as Edit));
      }
    }
    const small = new Map(EDITS.map((edit) => [edit as string, again([SMALL_YOUNG], edit).peakMb]));
    small.set("scan", run([SMALL_YOUNG], "--scan", base).peakMb);
    console.log(
      "| edited | × scan, wall | × scan, CPU | wall ms | peak MB | with a small young generation | changes | chunks | kB of chunks | kB of manifest |",
    );
    console.log("|---|---|---|---|---|---|---|---|---|---|");
    const scans = runs.get("scan") ?? [];
    const rows = [...runs].map(([name, all]) => rowOf(name, all, scans, small.get(name)));
    for (const row of rows) console.log(`| ${Object.values(row).join(" | ")} |`);
    const { wallMs, cpuMs, peakMb: peak, chunks, chunkBytes, manifestBytes } = first;
    console.log(
      `\nthe first ingest of all: ${wallMs.toFixed(0)} ms (CPU ${cpuMs.toFixed(0)}), peak ${peak.toFixed(0)} MB, ${chunks} chunks,`,
    );
    console.log(`${((chunkBytes ?? 0) / 1e6).toFixed(1)} MB of chunks, ${((manifestBytes ?? 0) / 1e3).toFixed(0)} kB of manifest`);
    const results = { machine, date: new Date().toISOString().slice(0, 10), rows, first, runs: Object.fromEntries(runs) };
    writeFileSync(join(import.meta.dirname, "results/ingest.json"), `${JSON.stringify(results, null, 1)}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function rowOf(name: string, all: readonly Run[], scans: readonly Run[], smallMb = Number.NaN) {
  const ratio = (of: (run: Run) => number) => median(all.map((each, round) => of(each) / of(scans[round] ?? each)));
  const { changes = 0, chunks = 0, chunkBytes = 0, manifestBytes = 0 } = all[0] ?? {};
  return {
    name,
    wallRatio: ratio(({ wallMs }) => wallMs).toFixed(2),
    cpuRatio: ratio(({ cpuMs }) => cpuMs).toFixed(2),
    wallMs: median(all.map(({ wallMs }) => wallMs)).toFixed(0),
    peakMb: Math.max(...all.map((each) => each.peakMb)).toFixed(0),
    smallMb: smallMb.toFixed(0),
    changes,
    chunks,
    chunkKb: (chunkBytes / 1e3).toFixed(1),
    manifestKb: (manifestBytes / 1e3).toFixed(0),
  };
}

function run(flags: readonly string[], ...command: readonly string[]): Run {
  const whole = [process.execPath, ...flags, import.meta.filename, ...command];
  const [program = "", ...args] = process.platform === "linux" ? ["taskset", "-c", "1", ...whole] : whole;
  return JSON.parse(execFileSync(program, args, { encoding: "utf8", timeout: 600_000 })) as Run;
}

/** The feed, edited. Latin-1 stands for the bytes, whatever their encoding. */
async function written(path: string, text: string, edit: Edit): Promise<string> {
  const out = createWriteStream(path);
  const begin = text.indexOf(">", text.indexOf("<tv")) + 1;
  out.write(text.slice(0, begin), "latin1");
  const [share = "0", together] = edit.split(" ");
  for (let copy = 0; copy < COPIES; copy++) {
    let nth = 0;
    const inside = text
      .slice(begin, text.lastIndexOf("</tv>"))
      .replaceAll(/(<channel id="|<programme [^>]*?channel=")/g, `$1${copy}:`)
      .replaceAll(/(<programme [^>]*>[^]*?<title[^>]*>)([^<]*)/g, (whole, head: string, title: string) => {
        nth += 1;
        return isEdited(copy, nth, share, together !== undefined) ? `${head}Edited ${title}` : whole;
      });
    if (!out.write(inside, "latin1")) await once(out, "drain");
  }
  out.end("</tv>\n");
  await once(out, "finish");
  return path;
}

/** Programmes of a channel stand together in the feed: those edited together are a run of them. */
function isEdited(copy: number, nth: number, share: string, together: boolean): boolean {
  if (share === "none") return false;
  if (share === "one") return copy === 1 && nth === 1_000;
  if (together) return nth <= Number(share) * PROGRAMMES_A_COPY;
  return (nth * 2_654_435_761 + copy * 40_503) % 4_294_967_296 < Number(share) * 4_294_967_296;
}

function firstStartMs(text: string): number {
  const [, year, month, day] = /<programme [^>]*?start="(\d{4})(\d\d)(\d\d)/.exec(text) ?? [];
  return Date.UTC(Number(year), Number(month) - 1, Number(day));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}
