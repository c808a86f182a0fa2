/**
 * The season: policies side by side on the load of the France 98 site, under one rule for all. `npm run bench -- season [--start-up N] [--json]`; what the
 * rule is, and what is not measured, is in docs/benchmarks.md.
 */
import { oracleWithStartUp, staticPeak } from "../shared/core/simulate/peers/fixed.ts";
import type { Unit } from "../shared/core/simulate/peers/policy.ts";
import { DEFAULT_PLAN_POLICY } from "../shared/core/plan/plan.ts";
import { aboutNow, jsonOf } from "./about.ts";
import { planned } from "./season/planned.ts";
import { calltime, sightingsOf, type Sightings } from "./season/calltime.ts";
import { prototypeA, prototypeB, trueMeans } from "./season/prototypes.ts";
import { mainTable, partsTable, promiseOf, promiseTable, rowOf, type Promised, type Row } from "./season/report.ts";
import { partsOf, readSeason, TASK_RPS, type Season } from "./season/trace.ts";
import { ANY_SPREADS, LIMITS, PEERS, startUpsIn, tried, tunedCalltime, type Trial } from "./season/tune.ts";

// What the customer's own target tracking is set to beside the floor.
const TRACKING = [0.7, 0.9, 1] as const;

/** What can be seen of the coming minutes: by Calltime, by the prototypes of its design, and by who knows the future. */
type Seen = { readonly near: Sightings; readonly a: Sightings; readonly b: Sightings; readonly future: Sightings };

/** Every policy at one start-up, each with its cheapest settings. */
function seasonRows(season: Season, startUpMinutes: number, seen: Seen): readonly Row[] {
  const { trace, slots } = season;
  const unit: Unit = { throughputRps: TASK_RPS, startUpMinutes };
  const place = { trace, unit, parts: partsOf(season) };
  const beside = TRACKING.map((tracking): readonly [string, () => readonly Trial[]] => [
    `Calltime + target tracking at ${tracking * 100} %`,
    () => tunedCalltime(trace, seen.near, unit, { tracking }),
  ]);
  const policies: Readonly<Record<string, () => readonly Trial[]>> = {
    "oracle, start-up billed": () => [tried("–", oracleWithStartUp(unit, trace), trace, unit)],
    "static peak": () => [tried("–", staticPeak(unit, trace), trace, unit)],
    ...Object.fromEntries(Object.entries(PEERS).map(([name, trials]) => [name, () => trials(trace, slots, unit)])),
    "prototype A": () => tunedCalltime(trace, seen.a, unit, { without: ["fresh release", "absolute floor"] }, ANY_SPREADS),
    "prototype B": () => tunedCalltime(trace, seen.b, unit, {}, ANY_SPREADS),
    "true mean of five minutes, margin tuned": () => tunedCalltime(trace, seen.future, unit, {}, ANY_SPREADS),
    "Calltime, prompt scale-in": () => tunedCalltime(trace, seen.near, unit),
    ...Object.fromEntries(beside),
  };
  return Object.entries(policies).map(([name, trials]) => rowOf(name, trials(), place));
}

/** What Calltime promises without hindsight, and what came of it. */
function seasonPromises(season: Season, startUpMinutes: number, sightings: Sightings): readonly Promised[] {
  const { trace } = season;
  const unit: Unit = { throughputRps: TASK_RPS, startUpMinutes };
  const place = { trace, unit, parts: partsOf(season) };
  const asWired = tried("as wired", planned(unit, season.slots, DEFAULT_PLAN_POLICY), trace, unit);
  const promises = LIMITS.map((unservedPerMillion) => {
    const trial = tried("promised", calltime(unit, sightings, { safety: { kind: "promised", unservedPerMillion } }), trace, unit);
    return promiseOf("Calltime from near forecasts, prompt scale-in", unservedPerMillion, trial, place);
  });
  return [promiseOf("Calltime as it is wired", DEFAULT_PLAN_POLICY.unservedPerMillion, asWired, place), ...promises];
}

/** Runs the bench and prints its tables, or with `--json` all of it with machine, versions and commit. Throws when the data is not there. */
export async function main(args: readonly string[]): Promise<void> {
  const startUps = startUpsIn(args);
  const season = await readSeason();
  const { trace, slots } = season;
  const seen: Seen = {
    near: sightingsOf(trace, slots, TASK_RPS),
    a: prototypeA(trace, slots, TASK_RPS),
    b: prototypeB(trace, slots, TASK_RPS),
    future: trueMeans(trace),
  };
  const rows = startUps.flatMap((startUp) => seasonRows(season, startUp, seen));
  const promises = startUps.flatMap((startUp) => seasonPromises(season, startUp, seen.near));
  const about = {
    ...aboutNow(),
    seed: "none: nothing is drawn",
    data: "wc98/requests_per_minute.csv.gz, wc98/matches.csv",
  };
  if (args.includes("--json")) {
    process.stdout.write(`${jsonOf({ ...about, rows, promises })}\n`);
    return;
  }
  const parts = startUps.flatMap((startUp) => LIMITS.map((limit) => partsTable(rows, startUp, limit)));
  process.stdout.write(`${[mainTable(rows), promiseTable(promises), ...parts].join("\n\n")}\n`);
}
