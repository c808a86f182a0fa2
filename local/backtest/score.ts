import type { Occasion } from "../../shared/core/schedule/occasion.ts";
import { DECAY_MS } from "../../shared/core/forecast/shape.ts";
import type { Target } from "../../shared/core/target.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../shared/core/time.ts";
import { PEER_SETTINGS } from "../../shared/core/simulate/peers/settings.ts";
import { targetTracking } from "../../shared/core/simulate/peers/target-tracking.ts";
import type { LoadSeries } from "./load-series.ts";
import { cheapestOf } from "./peers.ts";
import { floorAlone, oracle, scaled, staticPeak, unitOf, type Course, type Played } from "./policies.ts";
import type { Predicted, Walk } from "./walk.ts";

/** What one policy would have cost, and left unserved, over all minutes whose load is known. */
export type PolicyScore = {
  readonly policy: string;
  /** Of a peer that was tuned in hindsight: what it was set to. */
  readonly setting?: string;
  readonly unitHours: number;
  /** Unit-hours as a multiple of the oracle's. */
  readonly timesOracle: number;
  /** Undefined where no price was given. */
  readonly costUsd: number | undefined;
  /** Unit-hours beyond the oracle's. */
  readonly wasteUnitHours: number;
  readonly unservedRequests: number;
  readonly unservedPerMillion: number;
  readonly shortMinutes: number;
};

/** One programme under Calltime's floor alone, from its start until its crowd has left. */
export type ProgrammeScore = {
  readonly name: string;
  readonly channelIds: readonly string[];
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  /** Its audience was known, and large enough to be told apart, when it could last be asked for. */
  readonly toldApart: boolean;
  /** What was expected then; undefined where nothing was. */
  readonly predictedPeakRps: number | undefined;
  readonly predictedTailRps: number | undefined;
  /** Undefined where no minute of it is known. */
  readonly actualPeakRps: number | undefined;
  /** By how much capacity was ahead of its load where that was closest; below zero it came so much too late. Undefined as above. */
  readonly slackSeconds: number | undefined;
  readonly shortMinutes: number;
  readonly unservedRequests: number;
  readonly unitHours: number;
  readonly wasteUnitHours: number;
  readonly costUsd: number | undefined;
};

/** A policy, its units by minute, and how it did. */
export type Scored = { readonly score: PolicyScore; readonly course: Course };

/** Everything that a backtest says. */
export type Outcome = {
  readonly played: Played;
  /** Requests per million that may be left unserved. */
  readonly promise: number;
  readonly policies: readonly Scored[];
  /** Peers of which no setting keeps the promise. */
  readonly unfit: readonly string[];
  readonly programmes: readonly ProgrammeScore[];
  readonly knownMinutes: number;
  readonly requests: number;
  /** Of the forecast one lead ahead: mean of |median − fact| ÷ fact, and the share of minutes above the tail. */
  readonly forecast: { readonly errorShare: number; readonly aboveTailShare: number } | undefined;
};

// The floor is meant to lie under a policy of the customer's own; these are the ones that docs/backtest.md speaks of.
const ABOVE_FLOOR = [0.7, 0.9, 1] as const;

/** What is scored: a walk, the load that it went through, and the requests per million that may be left unserved. */
export type Judged = { readonly walk: Walk; readonly load: LoadSeries; readonly promise: number };

/** Plays every policy against the load, and scores each and each programme. */
export function outcomeOf({ walk, load, promise }: Judged): Outcome {
  const { target, fromMs, firstUnits, floor } = walk;
  const first = (fromMs - load.fromMs) / MINUTE_MS;
  const rpsIn = (from: number, to: number): Float64Array => Float64Array.from(load.rps.slice(from, to), (rps) => rps ?? Number.NaN);
  const [beforeRps, rps] = [rpsIn(0, first), rpsIn(first, first + floor.length)];
  const played: Played = { target, fromMs, rps, beforeRps, firstUnits };
  const unit = unitOf(target);
  const best = oracle(played);
  const scored = (policy: string, course: Course): Scored => ({ score: scoreOf(policy, course, best, played), course });
  const alone = floorAlone(played, walk);
  const own = target.targetUtilisation;
  const slots = walk.predicted.map(({ occasion }) => occasion);
  const peers = Object.entries(PEER_SETTINGS).map(([name, settingsOf]) => ({
    name,
    tuned: cheapestOf(played, settingsOf(unit, slots), promise),
  }));
  const policies = [
    scored("oracle", best),
    scored("static peak", staticPeak(played)),
    scored(`target tracking at ${percent(own)}`, scaled(played, targetTracking(unit, own))),
    ...peers.flatMap(({ name, tuned }) => {
      if (tuned === undefined) return [];
      const { score, course } = scored(name, tuned.course);
      return [{ score: { ...score, setting: tuned.setting }, course }];
    }),
    scored("Calltime's floor alone", alone),
    ...ABOVE_FLOOR.map((at) =>
      scored(`Calltime's floor + target tracking at ${percent(at)}`, scaled(played, targetTracking(unit, at), { floor })),
    ),
  ];
  const known = rps.filter((minuteRps) => !Number.isNaN(minuteRps));
  return {
    played,
    promise,
    policies,
    unfit: peers.flatMap(({ name, tuned }) => (tuned === undefined ? [name] : [])),
    programmes: walk.predicted.map((predicted) => programmeOf(predicted, alone, best, played)),
    knownMinutes: known.length,
    requests: known.reduce((sum, minuteRps) => sum + minuteRps, 0) * SECONDS,
    forecast: forecastOf(walk, rps),
  };
}

const SECONDS = MINUTE_MS / SECOND_MS;

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function scoreOf(policy: string, { billed, serving }: Course, best: Course, { target, rps }: Played): PolicyScore {
  let units = 0;
  let needed = 0;
  let unserved = 0;
  let requests = 0;
  let shortMinutes = 0;
  for (const [index, load] of rps.entries()) {
    if (Number.isNaN(load)) continue;
    units += billed[index] ?? 0;
    needed += best.billed[index] ?? 0;
    requests += load;
    const lost = load - (serving[index] ?? 0) * target.throughputRps;
    if (lost <= 0) continue;
    unserved += lost;
    shortMinutes += 1;
  }
  const hours = (count: number): number => (count * MINUTE_MS) / HOUR_MS;
  return {
    policy,
    unitHours: hours(units),
    timesOracle: needed === 0 ? 1 : units / needed,
    costUsd: usd(target, hours(units)),
    wasteUnitHours: hours(units - needed),
    unservedRequests: unserved * SECONDS,
    unservedPerMillion: requests === 0 ? 0 : (unserved / requests) * 1e6,
    shortMinutes,
  };
}

function usd({ costUsdPerUnitHour }: Target, unitHours: number): number | undefined {
  return costUsdPerUnitHour === undefined ? undefined : costUsdPerUnitHour * unitHours;
}

function programmeOf({ occasion, peak, toldApart }: Predicted, floor: Course, best: Course, played: Played): ProgrammeScore {
  const { from, to } = minutesOf(occasion, played);
  const part: Played = { ...played, rps: played.rps.subarray(from, to) };
  const cut = ({ billed, serving }: Course): Course => ({ billed: billed.subarray(from, to), serving: serving.subarray(from, to) });
  const score = scoreOf(occasion.name, cut(floor), cut(best), part);
  const known = part.rps.filter((load) => !Number.isNaN(load));
  return {
    name: occasion.name,
    channelIds: occasion.channelIds,
    startsAtMs: occasion.startsAtMs,
    endsAtMs: occasion.endsAtMs,
    toldApart,
    predictedPeakRps: peak?.medianRps,
    predictedTailRps: peak?.tailRps,
    actualPeakRps: known.length === 0 ? undefined : known.reduce((most, load) => Math.max(most, load), 0),
    slackSeconds: slackOf(floor.serving, played, from, to),
    shortMinutes: score.shortMinutes,
    unservedRequests: score.unservedRequests,
    unitHours: score.unitHours,
    wasteUnitHours: score.wasteUnitHours,
    costUsd: score.costUsd,
  };
}

/** The minutes of an occasion, from its start until its crowd has left, as places in the arrays: [from, to). */
function minutesOf({ startsAtMs, endsAtMs }: Occasion, { fromMs, rps }: Played): { readonly from: number; readonly to: number } {
  const from = Math.max(0, Math.floor((startsAtMs - fromMs) / MINUTE_MS));
  return { from, to: Math.max(from, Math.min(rps.length, Math.ceil((endsAtMs + DECAY_MS - fromMs) / MINUTE_MS))) };
}

// Capacity that stood for an hour has all the slack that anybody asks for.
const MOST_MINUTES = 60;

function slackOf(serving: Float64Array, { target, rps }: Played, from: number, to: number): number | undefined {
  let least: number | undefined;
  for (let index = from; index < to; index += 1) {
    const load = rps[index] ?? Number.NaN;
    if (Number.isNaN(load)) continue;
    const isEnough = (at: number): boolean => (serving[at] ?? 0) * target.throughputRps >= load;
    let minutes = 0;
    if (isEnough(index)) while (minutes < MOST_MINUTES && index - minutes > 0 && isEnough(index - minutes - 1)) minutes += 1;
    else while (minutes > -MOST_MINUTES && index - minutes < rps.length && !isEnough(index - minutes)) minutes -= 1;
    least = Math.min(least ?? MOST_MINUTES, minutes);
  }
  return least === undefined ? undefined : least * SECONDS;
}

function forecastOf({ medianRps, tailRps }: Walk, rps: Float64Array): Outcome["forecast"] {
  let minutes = 0;
  let off = 0;
  let above = 0;
  for (const [index, load] of rps.entries()) {
    const median = medianRps[index] ?? Number.NaN;
    if (Number.isNaN(load) || Number.isNaN(median) || load <= 0) continue;
    minutes += 1;
    off += Math.abs(median - load) / load;
    if (load > (tailRps[index] ?? 0)) above += 1;
  }
  return minutes === 0 ? undefined : { errorShare: off / minutes, aboveTailShare: above / minutes };
}
