/**
 * What each part of the forecast is worth: the season of bench/season.ts with one part left out at a time. `npm run bench -- ablation [--start-up N] [--json]`.
 * What the rule is, and what is not measured, is in docs/benchmarks.md.
 */
import { DEFAULT_PLAN_POLICY, type PlanPolicy } from "../shared/core/plan/plan.ts";
import type { Unit } from "../shared/core/simulate/peers/policy.ts";
import { aboutNow, jsonOf } from "./about.ts";
import { wiredTable } from "./ablation/report.ts";
import { inOnePhase, withoutSpreads, zoneWithoutWeekends } from "./ablation/sightings.ts";
import { PROMPT, sightingsOf, type Sightings, type Without } from "./season/calltime.ts";
import { planned, type WiredPart } from "./season/planned.ts";
import { mainTable, promiseOf, rowOf, type Promised, type Row } from "./season/report.ts";
import { partsOf, readSeason, TASK_RPS, type Season } from "./season/trace.ts";
import { ANY_SPREADS, startUpsIn, tried, tunedCalltime } from "./season/tune.ts";

type Ablation = { readonly name: string; readonly sightings: Sightings; readonly without?: Without };

/** The near forecast, whole and without each of its parts. */
function ablationsOf({ trace, slots }: Season): readonly Ablation[] {
  const whole = sightingsOf(trace, slots, TASK_RPS);
  return [
    { name: "near forecast, whole", sightings: whole },
    { name: "without fresh release", sightings: whole, without: "fresh release" },
    { name: "without the absolute floor", sightings: whole, without: "absolute floor" },
    {
      name: "without slopes",
      sightings: sightingsOf(trace, slots, TASK_RPS, { unread: ["slope of 5 minutes", "slope of 15 minutes", "newest minute"] }),
    },
    { name: "without the shape of arrival and departure", sightings: sightingsOf(trace, slots, TASK_RPS, { unread: ["usual growth"] }) },
    { name: "without kinds of day", sightings: sightingsOf(trace, slots, TASK_RPS, { zone: zoneWithoutWeekends(trace) }) },
    { name: "without phases", sightings: inOnePhase(whole, trace, TASK_RPS) },
    { name: "without spreads", sightings: withoutSpreads(whole) },
    { name: "without the guide", sightings: sightingsOf(trace, [], TASK_RPS) },
  ];
}

/** What is left out of the plan as it is wired. */
const WIRED: Readonly<Record<string, { readonly without?: readonly WiredPart[]; readonly policy?: PlanPolicy }>> = {
  "as it is wired": {},
  "without the near forecast": { without: ["near forecast"] },
  "without hold and slow release": { policy: PROMPT },
  "without series: pooled by channel, day part and genre": { without: ["series"] },
  "without series and pooling": { without: ["series", "groups"] },
  "without learned shapes": { without: ["learned shapes"] },
  "without the tail": { without: ["tail"] },
};

/** Runs the bench and prints its tables, or with `--json` all of it with machine, versions and commit. Throws when the data is not there. */
export async function main(args: readonly string[]): Promise<void> {
  const startUps = startUpsIn(args);
  const season = await readSeason();
  const { trace, slots } = season;
  const ablations = ablationsOf(season);
  const rows: Row[] = [];
  const wired: Promised[] = [];
  for (const startUpMinutes of startUps) {
    const unit: Unit = { throughputRps: TASK_RPS, startUpMinutes };
    const place = { trace, unit, parts: [{ name: "all", counts: () => true }, ...partsOf(season)] };
    for (const { name, sightings, without } of ablations) {
      rows.push(
        rowOf(name, tunedCalltime(trace, sightings, unit, without === undefined ? {} : { without: [without] }, ANY_SPREADS), place),
      );
    }
    for (const [name, { without, policy = DEFAULT_PLAN_POLICY }] of Object.entries(WIRED)) {
      const trial = tried(name, planned(unit, slots, policy, without), trace, unit);
      wired.push(promiseOf(name, policy.unservedPerMillion, trial, place));
    }
  }
  if (args.includes("--json")) process.stdout.write(`${jsonOf({ ...aboutNow(), rows, wired })}\n`);
  else process.stdout.write(`${mainTable(rows)}\n\n${wiredTable(wired)}\n`);
}
