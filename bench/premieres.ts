/**
 * Nights of premieres, **synthetic**: policies side by side on load that was drawn to match published figures
 * (workloads/premiere-parameters.ts). `npm run bench -- premieres [--seed N] [--json]`. Every peer is tuned in hindsight to its cheapest
 * setting that keeps the limit; Calltime is not tuned.
 */
import { execFileSync } from "node:child_process";
import { arch, cpus, platform } from "node:os";
import { parseArgs } from "node:util";
import type { LoadSeries } from "../local/backtest/load-series.ts";
import { outcomeOf } from "../local/backtest/score.ts";
import { walkForward } from "../local/backtest/walk.ts";
import { DEFAULT_IMPACT_THRESHOLD } from "../shared/core/forecast/impact.ts";
import { median } from "../shared/core/forecast/median.ts";
import { DEFAULT_PLAN_POLICY } from "../shared/core/plan/plan.ts";
import type { Expectation } from "../shared/core/schedule/expectation.ts";
import { normal } from "../shared/core/simulate/seeded.ts";
import type { Trace, Unit } from "../shared/core/simulate/peers/policy.ts";
import type { Target } from "../shared/core/target.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../shared/core/time.ts";
import { cheapest, LIMITS, PEERS } from "./season/tune.ts";
import { TASK_RPS } from "./season/trace.ts";
import { PREMIERES, type PremiereParameters } from "./workloads/premiere-parameters.ts";
import { premiereNights, type PremiereNights } from "./workloads/premieres.ts";

/** How one policy did with one limit: unit-hours as a multiple of the oracle's. */
export type PremiereRow = {
  readonly policy: string;
  readonly limitPerMillion: number;
  readonly setting: string;
  /** Undefined where no setting keeps the limit. */
  readonly timesOracle: number | undefined;
  readonly unservedPerMillion: number | undefined;
};

const START_UP_MINUTES = 3;

/** The service that carries the premieres: a task as in the season, which like the peers' serves all that it can take. */
const SERVICE: Target = {
  id: "service",
  kind: "ecs-service",
  mode: "active",
  throughputRps: TASK_RPS,
  targetUtilisation: 1,
  baselineUnits: 1,
  ceilingUnits: 10_000,
  loadPerViewerRps: PREMIERES.viewerRps,
  startUpMs: START_UP_MINUTES * MINUTE_MS,
  launchUnitsPerMinute: 10_000,
  zones: 1,
  scalesIn: "target-tracking",
};

const OURS = ["Calltime's floor alone", "Calltime's floor + target tracking at 100 %"] as const;

/** Calltime as it is deployed, over the nights. */
async function calltimeRows(
  nights: PremiereNights,
  { usualDays, ...run }: { readonly usualDays: number; readonly told: string; readonly expectations: readonly Expectation[] },
): Promise<readonly PremiereRow[]> {
  const chargeMs = nights.fromMs + usualDays * DAY_MS;
  const toMs = nights.fromMs + nights.rps.length * MINUTE_MS;
  const { unservedPerMillion: promise } = DEFAULT_PLAN_POLICY;
  const load: LoadSeries = { fromMs: nights.fromMs, toMs, rps: nights.rps, notes: [] };
  const walk = await walkForward({
    settings: {
      targets: [SERVICE],
      expectations: run.expectations,
      zone: [],
      threshold: DEFAULT_IMPACT_THRESHOLD,
      cueOffsets: [],
      policy: DEFAULT_PLAN_POLICY,
    },
    schedule: nights.schedule,
    load,
    fromMs: chargeMs,
    toMs,
  });
  const scores = outcomeOf({ walk, load, promise }).policies.map(({ score }) => score);
  return scores
    .filter(({ policy }) => OURS.some((ours) => ours === policy))
    .map(({ policy, timesOracle, unservedPerMillion }) => ({
      policy: `${policy}${run.told}`,
      limitPerMillion: promise,
      setting: "not tuned",
      timesOracle,
      unservedPerMillion,
    }));
}

// What somebody says beforehand of a show that nobody has seen: right within a quarter two times in three.
const SAID_SPREAD = 0.25;

/** What a person says of the first night of each show: the size of the show, not of that night, and not quite right. */
function firstNightsSaid(seed: number, { nights }: PremiereNights): readonly Expectation[] {
  const byTitle = Map.groupBy(nights, ({ programme }) => programme.title);
  return [...byTitle].flatMap(([title, shown]) => {
    const [first] = shown;
    const usual = shown.filter(({ happening }) => happening !== "cancelled" && happening !== "flop" && happening !== "surprise");
    if (first === undefined || usual.length === 0) return [];
    const { channelId, startsAtMs } = first.programme;
    const viewers = Math.round(median(usual.map((night) => night.viewers)) * Math.exp(SAID_SPREAD * normal(seed, "said", title)));
    const window = { windowStartMs: startsAtMs - HOUR_MS, windowEndMs: startsAtMs + HOUR_MS };
    return [{ occasion: `${title}, first night`, title, channels: [channelId], ...window, viewers }];
  });
}

/** Every policy on the nights of a seed. */
export async function premiereRows(seed: number, parameters: PremiereParameters): Promise<readonly PremiereRow[]> {
  const nights = premiereNights(seed, parameters);
  const { usualDays } = parameters;
  return [
    ...peerRows(nights, usualDays),
    ...(await calltimeRows(nights, { usualDays, told: "", expectations: [] })),
    ...(await calltimeRows(nights, { usualDays, told: ", told of first nights", expectations: firstNightsSaid(seed, nights) })),
  ];
}

/** Every peer, at the cheapest of its settings that keeps each limit. */
function peerRows(nights: PremiereNights, usualDays: number): readonly PremiereRow[] {
  const unit: Unit = { throughputRps: TASK_RPS, startUpMinutes: START_UP_MINUTES };
  const trace: Trace = { fromMs: nights.fromMs, loadRps: Float64Array.from(nights.rps), chargeMs: nights.fromMs + usualDays * DAY_MS };
  const slots = nights.schedule.programmes.map(({ startsAtMs, endsAtMs }) => ({ startsAtMs, endsAtMs }));
  return Object.entries(PEERS).flatMap(([policy, trialsOf]) => {
    const trials = trialsOf(trace, slots, unit);
    return LIMITS.map((limitPerMillion) => {
      const best = cheapest(trials, limitPerMillion);
      const { ratio: timesOracle, unservedPerMillion } = best?.outcome ?? {};
      return { policy, limitPerMillion, setting: best?.setting ?? "none keeps it", timesOracle, unservedPerMillion };
    });
  });
}

function tableOf(rows: readonly PremiereRow[]): string {
  const cells = rows.map(({ policy, limitPerMillion, setting, timesOracle, unservedPerMillion }) => [
    policy,
    `${limitPerMillion}`,
    setting,
    timesOracle?.toFixed(2) ?? "–",
    unservedPerMillion?.toFixed(1) ?? "–",
  ]);
  const head = ["policy", "limit, per million", "setting", "× oracle", "unserved per million"];
  return [head, head.map(() => "---"), ...cells].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** Runs the bench and prints its table, or with `--json` the rows with machine, versions, seed and commit. */
export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { seed: { type: "string", default: "1" }, json: { type: "boolean", default: false } },
  });
  const seed = Number(values.seed);
  const rows = await premiereRows(seed, PREMIERES);
  const about = {
    label: "synthetic",
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus()[0]?.model ?? "unknown"}, ${platform()} ${arch()}`,
    node: process.versions.node,
    commit: execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).trim(),
    seed,
    parameters: PREMIERES,
  };
  process.stdout.write(values.json ? `${JSON.stringify({ ...about, rows }, undefined, 1)}\n` : `${tableOf(rows)}\n`);
}
