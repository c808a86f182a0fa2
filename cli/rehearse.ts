import { basename } from "node:path";
import { Command } from "commander";
import { rehearse, type Rehearsal, type RehearsedTarget } from "../local/rehearsal.ts";
import { parseWorld } from "../local/world-file.ts";
import { isoOf } from "../events/index.ts";
import { MINUTE_MS } from "../shared/core/time.ts";
import { minuteText } from "./client.ts";
import { bytesOf, textOf } from "./files.ts";
import { instant, wholeNumber } from "./option-values.ts";
import { fromOf, scheduleOption, settingsOf, targetsOption, worldOption } from "./run-options.ts";

type Options = {
  readonly schedule: string;
  readonly targets: string;
  readonly expect?: string;
  readonly world: string;
  readonly from?: number;
  readonly seed: number;
  readonly json: boolean;
};

// What was not serving in time is a failed rehearsal, not a wrong call.
const NOT_READY = 1;

/** `calltime rehearse`: an occasion at full size on a quiet day, in the simulated world. */
export function rehearseCommand(): Command {
  return new Command("rehearse")
    .description("Warm an occasion to full size on a quiet day in the simulated world, measure its leads, and give all of it back.")
    .argument("[occasion]", "its id, or a part of its name; the largest ahead when left out")
    .addOption(scheduleOption())
    .addOption(targetsOption())
    .option("--expect <file>", "what Calltime is told about occasions (YAML); the sample evening has its own")
    .addOption(worldOption())
    .option("--from <instant>", "platform time to plan it from, such as 2026-06-13T16:00:00Z", instant)
    .option("--seed <number>", "seed of the simulated world", wholeNumber, 1)
    .option("--json", "print the report as JSON", false)
    .exitOverride()
    .action(async (occasion: string | undefined, options: Options) => {
      const report = await rehearse({
        settings: await settingsOf(options),
        feed: { feedId: "guide", name: basename(options.schedule), read: () => bytesOf(options.schedule) },
        world: parseWorld(await textOf(options.world, "--world"), options.world),
        seed: options.seed,
        fromMs: fromOf(options),
        occasion,
      });
      process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : `${linesOfRehearsal(report).join("\n")}\n`);
      if (!report.isReady) process.exitCode = NOT_READY;
    });
}

/** The report of a rehearsal in lines. */
export function linesOfRehearsal(report: Rehearsal): readonly string[] {
  const { name, fullAtMs, isReady, targets, refusedConnections, unservedRequests } = report;
  const costs = targets.flatMap(({ costUsd }) => costUsd ?? []);
  const cost = costs.length === 0 ? "" : `; it cost $${costs.reduce((sum, each) => sum + each, 0).toFixed(2)}`;
  return [
    `${name} at full size, on the quiet day before it, to be there at ${at(fullAtMs)}`,
    ...targets.map((target) => `  ${target.targetId}: ${lineOf(target, fullAtMs)}`),
    `${isReady ? "all of it was there in time" : "not all of it was there in time"}; ${refusedConnections} connections refused, ${unservedRequests} requests left unserved${cost}`,
  ];
}

function lineOf(target: RehearsedTarget, fullAtMs: number): string {
  const { fromUnits, fullUnits, shortUnits, askedAtMs, servingAtMs, tookMs, plannedMs, releasedAtMs, downAtMs } = target;
  const short = shortUnits === 0 ? "" : `, short by ${shortUnits} by its limits`;
  const size = `${fromUnits} → ${fullUnits}${short}`;
  const planned = `planned with ${minutes(plannedMs)}`;
  if (askedAtMs === undefined) return `${size}: nothing had to be asked for`;
  if (servingAtMs === undefined || tookMs === undefined) return `${size}: asked for at ${at(askedAtMs)}, never all serving; ${planned}`;
  const late = servingAtMs > fullAtMs ? `, ${minutes(servingAtMs - fullAtMs)} late` : "";
  const back = releasedAtMs === undefined ? "not given back while it was watched" : `given back at ${at(releasedAtMs)}`;
  const down = downAtMs === undefined ? ", and still up" : `, down at ${at(downAtMs)}`;
  return `${size}: asked for at ${at(askedAtMs)}, serving at ${at(servingAtMs)}${late}: ${minutes(tookMs)}, ${planned}; ${back}${down}`;
}

function at(ms: number): string {
  return minuteText(isoOf(ms));
}

function minutes(ms: number): string {
  return `${Math.round(ms / MINUTE_MS)} min`;
}
