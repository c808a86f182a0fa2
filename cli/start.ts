import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { Command, Option } from "commander";
import { HOUR_MS, MINUTE_MS } from "../shared/core/time.ts";
import { openEvening, type Evening, type EveningSetting } from "../local/evening.ts";
import { reportOf } from "../local/report.ts";
import { serveEvening } from "../local/serve-evening.ts";
import { worldElsewhere } from "../local/world-elsewhere.ts";
import { parseWorld } from "../local/world-file.ts";
import { ZONE_MARGIN_MS, zoneOffsets } from "../shared/config/zone.ts";
import { bytesOf, textOf } from "./files.ts";
import { jsonOf } from "./json.ts";
import {
  DEFAULT_DATA,
  DEFAULT_PORT,
  DEFAULT_SPEED,
  duration,
  httpUrl,
  instant,
  portNumber,
  positive,
  wholeNumber,
} from "./option-values.ts";
import { narrationOf } from "./narration.ts";
import { fromOf, scheduleOption, settingsOf, targetsOption, worldOption } from "./run-options.ts";
import { textOfFeed, textOfReport } from "./text.ts";

type Options = {
  readonly schedule: string;
  readonly targets: string;
  readonly expect?: string;
  readonly content?: string;
  readonly databases?: string;
  readonly world: string;
  readonly worldUrl?: string;
  readonly from?: number;
  readonly for: number;
  readonly seed: number;
  readonly zone: string;
  readonly speed?: number;
  readonly port?: number;
  readonly data?: string;
  readonly headless: boolean;
  readonly json: boolean;
};

/** `calltime start`: the whole platform in one process, over a simulated world. */
export function startCommand(): Command {
  return new Command("start")
    .description("Run the platform on this machine, minute by minute, with simulated targets and a live evening.")
    .addOption(scheduleOption())
    .addOption(targetsOption())
    .option("--expect <file>", "what Calltime is told about occasions (YAML); the sample evening has its own")
    .option("--content <file>", "what viewers fetch first, to be held by simulated edges (YAML, docs/content.md)")
    .option("--databases <file>", "what simulated databases are to hold in memory (YAML, docs/databases.md)")
    .addOption(worldOption())
    .addOption(
      new Option("--world-url <url>", "play in a world that runs elsewhere (calltime world), by its clock, from its present on")
        .argParser(httpUrl)
        .conflicts(["world", "from", "seed", "speed", "content", "databases"]),
    )
    .option("--from <instant>", "platform time to start at, such as 2026-06-13T16:00:00Z", instant)
    .addOption(new Option("--for <duration>", "platform time to run for, such as 90m or 4h").argParser(duration).default(6 * HOUR_MS, "6h"))
    .option("--zone <name>", "time zone that the audience lives in, such as Europe/Copenhagen", "UTC")
    .option("--seed <number>", "seed of the simulated world", wholeNumber, 1)
    .option("--speed <factor>", `platform seconds in a second (default: ${DEFAULT_SPEED}; as fast as it goes with --headless)`, positive)
    .option("--port <number>", `port of the API and the status page (default: ${DEFAULT_PORT}; a free one with --headless)`, portNumber)
    .option("--data <dir>", `where to keep the store, and resume from (default: ${DEFAULT_DATA}; a temporary one with --headless)`)
    .option("--headless", "run to the end, print the report and exit", false)
    .addOption(
      new Option("--json", "print one JSON document at the end, and nothing else on standard output")
        .default(false)
        .implies({ headless: true }),
    )
    .exitOverride()
    .action(async (options: Options) => start(options));
}

async function start(options: Options): Promise<void> {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.on("SIGINT", stop).on("SIGTERM", stop);
  const evening = await openEvening(await settingFor(options, stopping.signal));
  const tokens = mkdtempSync(join(tmpdir(), "calltime-token-"));
  try {
    const port = options.port ?? (options.headless ? 0 : DEFAULT_PORT);
    const server = await serveEvening(evening, { port, tokenDirectory: evening.database.directory ?? tokens });
    try {
      await run(options, evening, server.url, stopping.signal);
    } finally {
      await server.close();
    }
  } finally {
    rmSync(tokens, { recursive: true, force: true });
    await evening.close();
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}

async function settingFor(options: Options, signal: AbortSignal): Promise<EveningSetting> {
  const setting = {
    place: placeOf(options),
    settings: await settingsOf(options),
    zoneAround: (fromMs: number) => zoneOffsets(options.zone, fromMs - ZONE_MARGIN_MS, fromMs + options.for + ZONE_MARGIN_MS),
    feed: { feedId: "guide", name: basename(options.schedule), read: () => bytesOf(options.schedule) },
  };
  if (options.worldUrl === undefined) {
    const world = parseWorld(await textOf(options.world, "--world"), options.world);
    return { ...setting, world, seed: options.seed, fromMs: fromOf(options) };
  }
  const say = (sentence: string): void => void process.stderr.write(`calltime: ${sentence}\n`);
  return {
    ...setting,
    elsewhere: await worldElsewhere(options.worldUrl, { signal, onReach: say }),
    onTickFailed: (error) => say(`a tick failed, the next one makes it good: ${error instanceof Error ? error.message : String(error)}`),
  };
}

async function run(options: Options, evening: Evening, url: string, signal: AbortSignal): Promise<void> {
  const narration = await narrationOf(evening, standardOutput);
  const untilMs = evening.fromMs + options.for;
  process.stderr.write(`calltime: status page and API at ${url} (data in ${evening.database.directory ?? "memory"})\n`);
  if (evening.resumed) process.stderr.write(await resumedAt(evening, options.json ? undefined : narration.bytes()));
  // A run that was killed in its first tick has kept that it began, and told nothing yet.
  if (narration.bytes() === 0 && !options.json) await narration.tell(textOfFeed(basename(options.schedule), evening.feedReport));
  // A world elsewhere has its own pace, or none: it is waited for.
  const speed = options.worldUrl === undefined ? (options.speed ?? (options.headless ? undefined : DEFAULT_SPEED)) : undefined;
  if (!options.headless)
    process.stderr.write(`calltime: ${clock(evening.nowMs())}–${clock(untilMs)} UTC${pace(untilMs - evening.nowMs(), speed)}\n`);
  while (evening.nowMs() < untilMs && !signal.aborted) {
    const startedAtMs = performance.now();
    // With --json nothing is told, so nothing goes on record either: a later run without it tells all of it.
    await (options.json ? evening.step() : narration.step());
    await pause(speed === undefined ? 0 : MINUTE_MS / speed - (performance.now() - startedAtMs), signal);
  }
  if (!options.json) await narration.keep();
  if (evening.nowMs() < untilMs) {
    // A temporary store goes away with the run.
    const kept = placeOf(options).kind === "directory";
    const next = kept
      ? "run the same command with the same --data to go on from here"
      : "nothing of it is kept; with --data it could go on";
    process.stderr.write(`calltime: stopped; ${next}\n`);
    if (options.headless) process.exitCode = STOPPED;
    return;
  }
  const report = await reportOf(evening);
  if (options.json) process.stdout.write(`${JSON.stringify(await jsonOf(evening, report), null, 2)}\n`);
  else await narration.tell(textOfReport(report, evening.context.settings.targets));
  if (options.headless) return;
  if (evening.resumed) process.stderr.write(`calltime: to play it again, remove ${evening.database.directory ?? "the store"}\n`);
  process.stderr.write(`calltime: the evening is over; the status page stays at ${url} until you press Ctrl-C\n`);
  await new Promise<void>((done) => (signal.aborted ? done() : signal.addEventListener("abort", () => done())));
}

/** Resolves when the text is out of this process: what is on the way inside it dies with it. */
function standardOutput(text: string): Promise<void> {
  return new Promise((done, fail) => process.stdout.write(text, (error) => (error ? fail(error) : done())));
}

async function resumedAt(evening: Evening, bytes: number | undefined): Promise<string> {
  const at = `${new Date(evening.nowMs()).toISOString().slice(0, 16)}Z`;
  const output = bytes === undefined ? "" : `; its output goes on at byte ${bytes}`;
  const minutes = await unseenMinutes(evening);
  const unseen = minutes === 0 ? "" : `; ${minutes} min went by unseen, and stay unknown`;
  return `calltime: going on at ${at} of the run that is kept there, with its schedule${unseen}${output}\n`;
}

/** Minutes since the last tick on record that had none: the world went on, Calltime did not. */
async function unseenMinutes(evening: Evening): Promise<number> {
  const { ports, settings } = evening.context;
  const [target] = settings.targets;
  const last = target && (await ports.journal.read(target.id, evening.fromMs, evening.nowMs())).at(-1);
  return Math.max(0, Math.round((evening.nowMs() - (last?.atMs ?? evening.fromMs)) / MINUTE_MS) - 1);
}

function clock(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 16);
}

function pace(leftMs: number, speed: number | undefined): string {
  return speed === undefined ? "" : ` at ${speed} times real time, over in ${Math.max(1, Math.round(leftMs / speed / MINUTE_MS))} min`;
}

// What a shell reports for a command that was interrupted.
const STOPPED = 130;

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0) {
    // Requests and signals get their turn between two ticks, however fast the run is.
    await new Promise<void>((done) => setImmediate(done));
    return;
  }
  await new Promise<void>((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });
}

function placeOf(options: Options) {
  if (options.data !== undefined) return { kind: "directory", path: resolve(options.data) } as const;
  return options.headless ? ({ kind: "temporary" } as const) : ({ kind: "directory", path: resolve(DEFAULT_DATA) } as const);
}
