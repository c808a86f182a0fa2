import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { backtest, type Backtest } from "../local/backtest/backtest.ts";
import { readLoad } from "../local/backtest/load-file.ts";
import { ZONE_MARGIN_MS, zoneOffsets } from "../shared/config/zone.ts";
import type { Settings } from "../shared/app/context.ts";
import { parseExpectations } from "../shared/config/expectations.ts";
import { parseTargets } from "../shared/config/targets.ts";
import { CalltimeError } from "../shared/core/error.ts";
import { DEFAULT_IMPACT_THRESHOLD } from "../shared/core/forecast/impact.ts";
import { DEFAULT_PLAN_POLICY } from "../shared/core/plan/plan.ts";
import { identify } from "../shared/core/schedule/identity.ts";
import type { Target } from "../shared/core/target.ts";
import { MINUTE_MS } from "../shared/core/time.ts";
import { pageOf } from "./backtest-page.ts";
import { linesOf } from "./backtest-text.ts";
import { readFeedFile } from "./feed-file.ts";
import { textOf } from "./files.ts";
import { withIsoTimes } from "./json.ts";
import { instant, oneMore, positive, positiveWhole, wholeNumber } from "./option-values.ts";

type Options = {
  readonly schedule: string;
  readonly load: readonly string[];
  readonly targets?: string;
  readonly target?: string;
  readonly throughput?: number;
  readonly startUpMinutes: number;
  readonly baseline: number;
  readonly ceiling: number;
  readonly price?: number;
  readonly expect?: string;
  readonly loadColumn?: string;
  readonly timeColumn?: string;
  readonly loadZone?: string;
  readonly perSecond: boolean;
  readonly zone?: string;
  readonly from?: number;
  readonly to?: number;
  readonly promise: number;
  readonly report?: string;
  readonly json: boolean;
};

/** `calltime backtest`: what would this have done with my last month? */
export function backtestCommand(): Command {
  return new Command("backtest")
    .description(
      "What Calltime would have done with load that was recorded: capacity, requests left unserved, and money, beside other policies.",
    )
    .requiredOption("--schedule <file>", "what was on: any feed that is read, plain or packed")
    .requiredOption(
      "--load <file>",
      "requests by minute or finer: a CSV, or CloudWatch's answer to get-metric-data; plain or gz; again for more files",
      oneMore,
    )
    .option("--targets <file>", "the service whose load it is, as you would deploy it (YAML)")
    .option("--target <id>", "which of the targets in that file; the first when left out")
    .option("--throughput <rps>", "without --targets: requests a second that one unit serves when fully used", positive)
    .option("--start-up-minutes <minutes>", "without --targets: from asking for a unit to its serving", positive, 3)
    .option("--baseline <units>", "without --targets: your own minimum", wholeNumber, 1)
    .option("--ceiling <units>", "without --targets: your maximum", positiveWhole, 10_000)
    .option("--price <usd>", "US dollars for one unit and hour", positive)
    .option("--expect <file>", "what people expected of the programmes (YAML); as many viewers as would bring their load")
    .option("--load-column <name>", "the column or metric that holds the load, where it is not plain")
    .option("--time-column <name>", "the column that holds the times, likewise")
    .option("--load-zone <zone>", "zone of times in the load that name none; UTC when left out")
    .option("--per-second", "the load is a rate a second, not a count since the row before", false)
    .option("--zone <zone>", "zone that the audience lives in, for weekdays and times of day; UTC when left out")
    .option("--from <instant>", "first minute to decide for; after two weeks to learn from when left out", instant)
    .option("--to <instant>", "end of the last one; the end of the load when left out", instant)
    .option("--promise <count>", "requests per million that may be left unserved", perMillion, DEFAULT_PLAN_POLICY.unservedPerMillion)
    .option("--report <file>", "write a report there: one HTML file with charts, which needs nothing else")
    .option("--json", "print everything as JSON", false)
    .exitOverride()
    .action(async (options: Options) => run(options));
}

function perMillion(value: string): number {
  const promise = positive(value);
  if (promise < 1_000_000) return promise;
  throw new InvalidArgumentError("Give requests per million, above 0 and below 1000000.");
}

async function run(options: Options): Promise<void> {
  const files = options.load.map((file) => ({ name: basename(file), bytes: bytesOf(file) }));
  const { series, understood } = readLoad(files, {
    unit: options.perSecond ? "per-second" : "count",
    column: options.loadColumn,
    timeColumn: options.timeColumn,
    zone: options.loadZone,
  });
  const { listing } = await readFeedFile(options.schedule);
  const { target, feedOnlyUsdPerHour } = await targetOf(options);
  const settings: Settings = {
    targets: [target],
    expectations: options.expect === undefined ? [] : parseExpectations(await textOf(options.expect, "--expect"), options.expect),
    zone: options.zone === undefined ? [] : zoneOffsets(options.zone, series.fromMs - ZONE_MARGIN_MS, series.toMs + ZONE_MARGIN_MS),
    threshold: DEFAULT_IMPACT_THRESHOLD,
    cueOffsets: [],
    policy: { ...DEFAULT_PLAN_POLICY, feedOnlyUsdPerHour, unservedPerMillion: options.promise },
  };
  const { fromMs, toMs } = { fromMs: options.from, toMs: options.to };
  const progress = progressLine();
  let made: Backtest;
  try {
    made = await backtest({ settings, schedule: identify(listing, undefined), load: series, fromMs, toMs, onProgress: progress.tell });
  } finally {
    progress.clear();
  }
  const input = { schedule: basename(options.schedule), load: files.map(({ name }) => name).join(", "), understood };
  if (options.report !== undefined) writeReport(options.report, pageOf(made, input));
  const text = options.json ? JSON.stringify(withIsoTimes(jsonOf(made, input)), undefined, 2) : linesOf(made, input).join("\n");
  process.stdout.write(`${text}\n`);
  if (options.report !== undefined) process.stderr.write(`calltime: report in ${options.report}\n`);
}

function bytesOf(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CalltimeError("file-unreadable", `--load ${file}: it cannot be read; name a file that can be`, { cause: error });
  }
}

function writeReport(file: string, page: string): void {
  try {
    writeFileSync(file, page);
  } catch (error) {
    throw new CalltimeError("file-unwritable", `--report ${file}: it cannot be written; name a file in a folder that is there`, {
      cause: error,
    });
  }
}

// As many as one ECS service starts in a minute.
const LAUNCH_UNITS_PER_MINUTE = 500;

/** The target as it would be deployed, floors set; the spending cap of its file. Throws `target-unknown`. */
async function targetOf(options: Options): Promise<{ readonly target: Target; readonly feedOnlyUsdPerHour: number }> {
  const { feedOnlyUsdPerHour } = DEFAULT_PLAN_POLICY;
  const price = options.price === undefined ? {} : { costUsdPerUnitHour: options.price };
  if (options.targets === undefined) {
    if (options.throughput === undefined) {
      throw new CalltimeError("target-unknown", "say what one unit serves: --throughput RPS, or --targets FILE with the whole of it");
    }
    const target: Target = {
      id: "service",
      kind: "ecs-service",
      mode: "active",
      throughputRps: options.throughput,
      targetUtilisation: 0.7,
      baselineUnits: options.baseline,
      ceilingUnits: options.ceiling,
      // There is no count of viewers: one request a second stands for one.
      loadPerViewerRps: 1,
      startUpMs: Math.round(options.startUpMinutes * MINUTE_MS),
      launchUnitsPerMinute: LAUNCH_UNITS_PER_MINUTE,
      zones: 1,
      scalesIn: "target-tracking",
      ...price,
    };
    return { target, feedOnlyUsdPerHour };
  }
  const file = parseTargets(await textOf(options.targets, "--targets"), options.targets);
  const found = options.target === undefined ? file.targets[0] : file.targets.find(({ id }) => id === options.target);
  if (found === undefined) {
    const ids = file.targets.map(({ id }) => id).join(", ");
    throw new CalltimeError("target-unknown", `${options.targets}: no target ${options.target}; there are ${ids}`);
  }
  // Whose database or clients have no load here is planned for itself.
  const { connections: _connections, ...alone } = found;
  return { target: { ...alone, mode: "active", scalesIn: "target-tracking", ...price }, feedOnlyUsdPerHour: file.feedOnlyUsdPerHour };
}

function jsonOf({ fromMs, toMs, learnedMs, notes, outcome }: Backtest, input: object): unknown {
  const { promise, policies, unfit, programmes, knownMinutes, requests, forecast } = outcome;
  return {
    input: { ...input, notes },
    fromMs,
    toMs,
    learnedMs,
    knownMinutes,
    requests,
    forecast,
    promise,
    policies: policies.map(({ score }) => score),
    unfit,
    programmes,
  };
}

const BAR = 24;

/** One line on standard error that is written over again, and nothing where nobody watches. */
function progressLine() {
  const watched = process.stderr.isTTY;
  return {
    tell: (share: number): void => {
      if (!watched) return;
      const done = Math.round(share * BAR);
      process.stderr.write(`\r\u001B[Kbacktest ${"█".repeat(done)}${"░".repeat(BAR - done)} ${Math.floor(share * 100)} %`);
    },
    clear: (): void => void (watched && process.stderr.write("\r\u001B[K")),
  };
}
