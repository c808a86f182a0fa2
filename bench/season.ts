/**
 * The season: policies side by side on the load of the France 98 site, under one rule for all. `npm run bench -- season [--json]`; what the
 * rule is, and what is not measured, is in docs/benchmarks.md.
 */
import { execFileSync } from "node:child_process";
import { arch, cpus, platform } from "node:os";
import { oracleWithStartUp, staticPeak } from "../shared/core/simulate/peers/fixed.ts";
import type { Unit } from "../shared/core/simulate/peers/policy.ts";
import { mainTable, partsTable, rowOf, type Row } from "./season/report.ts";
import { partsOf, readSeason, TASK_RPS, type Season } from "./season/trace.ts";
import { LIMITS, PEERS, tried, type Trial } from "./season/tune.ts";

/** Minutes from asking for a task to its serving that are tried. */
export const START_UPS = [3, 6, 12] as const;

/** Every policy at one start-up, each with its cheapest settings. */
export function seasonRows(season: Season, startUpMinutes: number): readonly Row[] {
  const { trace, slots } = season;
  const unit: Unit = { throughputRps: TASK_RPS, startUpMinutes };
  const place = { trace, unit, parts: partsOf(season) };
  const policies: Readonly<Record<string, () => readonly Trial[]>> = {
    "oracle, start-up billed": () => [tried("–", oracleWithStartUp(unit, trace), trace, unit)],
    "static peak": () => [tried("–", staticPeak(unit, trace), trace, unit)],
    ...Object.fromEntries(Object.entries(PEERS).map(([name, trials]) => [name, () => trials(trace, slots, unit)])),
  };
  return Object.entries(policies).map(([name, trials]) => rowOf(name, trials(), place));
}

/** Runs the bench and prints its tables, or with `--json` all of it with machine, versions and commit. Throws when the data is not there. */
export async function main(args: readonly string[]): Promise<void> {
  const season = await readSeason();
  const rows = START_UPS.flatMap((startUp) => seasonRows(season, startUp));
  const about = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus()[0]?.model ?? "unknown"}, ${platform()} ${arch()}`,
    node: process.versions.node,
    commit: execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).trim(),
    seed: "none: nothing is drawn",
    data: "wc98/requests_per_minute.csv.gz, wc98/matches.csv",
  };
  if (args.includes("--json")) {
    process.stdout.write(`${JSON.stringify({ ...about, rows }, rounded, 1)}\n`);
    return;
  }
  const parts = START_UPS.flatMap((startUp) => LIMITS.map((limit) => partsTable(rows, startUp, limit)));
  process.stdout.write(`${[mainTable(rows), ...parts].join("\n\n")}\n`);
}

/** To five digits: more would only say which machine it was. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(5)) : value;
}
