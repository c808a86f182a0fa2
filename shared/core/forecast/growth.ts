import type { LoadMinute } from "../measurement.ts";
import { MINUTE_MS, type ZoneOffsets } from "../time.ts";
import { firstRates, learnRate, placeOf, rateAt, wasSeen, type GrowthRates, type Place } from "./growth-rates.ts";
import { firstRegression, learnRegression, predicted, type Regression } from "./least-squares.ts";
import type { Timing } from "./shape.ts";

/**
 * How a target's load grows from its newest minutes, for every number of minutes ahead: learned minute by minute from what it carried,
 * around what draws a crowd and apart from it. It knows no audience, only when something begins and ends.
 */
export type Growth = {
  readonly rates: GrowthRates;
  /** By minutes ahead, from 1 on. */
  readonly ahead: readonly Ahead[];
  /** What the last minutes forecast, newest first: it is judged by what was known when it was made. */
  readonly made: readonly Made[];
};

/** Around what draws a crowd, or apart from it. */
export type Side = "inside" | "outside";

/** The forecast for one number of minutes ahead: a regression for each side, and how far it errs in each phase. */
type Ahead = { readonly regressions: Readonly<Record<Side, Regression>>; readonly errors: Readonly<Record<string, MeanError>> };

/** What one minute forecast for those after it, and from what. */
type Made = { readonly fromMs: number; readonly moving: Moving; readonly ahead: readonly MadeAhead[] };

type MadeAhead = { readonly usualGrowth: number; readonly medianRps: number };

/** Mean absolute error of the logarithm. */
type MeanError = { readonly mean: number; readonly minutes: number };

/** A minute as it looks from the newest ones: the median, and the spread of its logarithm. */
export type NearMinute = { readonly atMs: number; readonly side: Side; readonly medianRps: number; readonly spread: number };

/** What is needed to look ahead from a minute, or to learn from it. */
export type GrowthInput = {
  /** The newest minutes, in the order of time. */
  readonly measured: readonly LoadMinute[];
  /** Starts and ends as the guide or a person has them, in the order of their starts. */
  readonly timings: readonly Timing[];
  readonly zone: ZoneOffsets;
  /** Of one unit. */
  readonly throughputRps: number;
};

// The load now is the mean of three minutes; how it moves is read against the three that end 5 and 15 minutes earlier, and in the newest.
const LEVEL_MINUTES = 3;
const SLOPES_MINUTES = [5, 15] as const;
// The usual growth is believed at first, and slopes are not.
const FIRST_WEIGHTS: readonly number[] = [0, 1, 0, 0, 0];
// A day and a half apart from crowds, and some ten broadcasts.
const MEMORY_MINUTES = 2_000;
const LARGEST_ERROR = 0.5;
const LARGEST_GROWTH = 1.5;
const MOST_ERROR = 1;
// An eighth of a day by the minute, in each phase.
const ERROR_MEMORY_MINUTES = 500;
const FIRST_ERROR: MeanError = { mean: 0.08, minutes: 5 };
// Of a normal error the spread is so many mean absolute errors.
const SPREADS_PER_ERROR = 1.25;
const LEAST_SPREAD = 0.02;
// Loads are told from nothing from a hundredth of a unit on.
const NOTHING_UNITS = 0.01;

/** Nothing learned yet, for looking up to `minutes` ahead. */
export function firstGrowth(minutes: number): Growth {
  const regression = firstRegression(FIRST_WEIGHTS);
  const ahead = Array.from({ length: minutes }, (): Ahead => ({ regressions: { inside: regression, outside: regression }, errors: {} }));
  return { rates: firstRates(), ahead, made: [] };
}

/** The minutes ahead of `fromMs`, the newest that is known, as they look from there; none where too little is known. */
export function nearMinutes(growth: Growth, input: GrowthInput, fromMs: number): readonly NearMinute[] {
  return lookAhead(growth, input, fromMs)?.minutes ?? [];
}

function lookAhead(growth: Growth, input: GrowthInput, fromMs: number) {
  const moving = movingAt(input.measured, fromMs, input.throughputRps);
  if (moving === undefined) return undefined;
  let usualGrowth = 0;
  const minutes = growth.ahead.map((ahead, nth) => {
    const atMs = fromMs + (nth + 1) * MINUTE_MS;
    const place = placeOf(input.timings, atMs, input.zone);
    usualGrowth += rateAt(growth.rates, place);
    return { ...nearMinute(input, { ahead, atMs, place, moving, usualGrowth }), usualGrowth };
  });
  return { moving, minutes };
}

/** How the load moves at one minute: its logarithm, and what it gained lately. */
type Moving = { readonly level: number; readonly slopes: readonly number[] };

type Sight = {
  readonly ahead: Ahead;
  readonly atMs: number;
  readonly place: Place;
  readonly moving: Moving;
  readonly usualGrowth: number;
};

function nearMinute({ throughputRps }: GrowthInput, sight: Sight): NearMinute {
  const { ahead, atMs, place, moving } = sight;
  const side = sideOf(place);
  const growth = predicted(ahead.regressions[side], featuresOf(sight));
  const level = Math.exp(moving.level + Math.max(-LARGEST_GROWTH, Math.min(LARGEST_GROWTH, growth)));
  return { atMs, side, medianRps: Math.max(0, level - NOTHING_UNITS * throughputRps), spread: spreadIn(ahead, place) };
}

function featuresOf({ moving, usualGrowth }: Pick<Sight, "moving" | "usualGrowth">): readonly number[] {
  return [1, usualGrowth, ...moving.slopes];
}

function spreadIn({ errors }: Ahead, place: Place): number {
  return Math.max(LEAST_SPREAD, SPREADS_PER_ERROR * (errors[phaseOf(place)] ?? FIRST_ERROR).mean);
}

function sideOf({ stretch }: Place): Side {
  return stretch === "day" ? "outside" : "inside";
}

/** Stretches in which errors are alike, on each kind of day. */
function phaseOf({ stretch, dayKind, minute }: Place): string {
  if (stretch === "day") return `${dayKind}/usual`;
  if (stretch === "start") return `${dayKind}/${minute < -10 ? "before" : minute < 25 ? "arrival" : "plateau"}`;
  return `${dayKind}/${minute < -15 ? "plateau" : minute < 15 ? "end" : "decay"}`;
}

/** What is learned from the newest of the measured minutes. O(minutes ahead). */
export function learnGrowth(growth: Growth, input: GrowthInput): Growth {
  const newest = input.measured.at(-1);
  if (newest?.kind !== "known") return growth;
  const { atMs, loadRps } = newest;
  const { timings, zone, throughputRps } = input;
  const nothingRps = NOTHING_UNITS * throughputRps;
  const value = Math.log(loadRps + nothingRps);
  const place = placeOf(timings, atMs, zone);
  const side = sideOf(place);
  const phase = phaseOf(place);
  // The first of its kind shows how it runs; how far forecasts err is for the next one to show.
  const seen = wasSeen(growth.rates, place);
  const ahead = growth.ahead.map((each, nth): Ahead => {
    const made = madeAt(growth.made, atMs - (nth + 1) * MINUTE_MS, nth);
    const forecast = made?.ahead[nth];
    if (made === undefined || forecast === undefined) return each;
    const features = featuresOf({ moving: made.moving, usualGrowth: forecast.usualGrowth });
    const regression = each.regressions[side];
    const error = value - made.moving.level - predicted(regression, features);
    const bounded = Math.max(-LARGEST_ERROR, Math.min(LARGEST_ERROR, error));
    return {
      regressions: { ...each.regressions, [side]: learnRegression(regression, features, bounded, MEMORY_MINUTES) },
      errors: seen ? withError(each.errors, phase, Math.abs(value - Math.log(forecast.medianRps + nothingRps))) : each.errors,
    };
  });
  const before = input.measured.at(-2);
  const follows = before?.kind === "known" && before.atMs === atMs - MINUTE_MS;
  const rates = follows ? learnRate(growth.rates, place, value - Math.log(before.loadRps + nothingRps)) : growth.rates;
  const next = { rates, ahead, made: growth.made };
  const looked = lookAhead(next, input, atMs);
  if (looked === undefined) return next;
  const made = { fromMs: atMs, moving: looked.moving, ahead: looked.minutes.map(madeOf) };
  return { ...next, made: [made, ...growth.made].slice(0, growth.ahead.length) };
}

function madeOf({ usualGrowth, medianRps }: MadeAhead): MadeAhead {
  return { usualGrowth, medianRps };
}

/** What was forecast from an instant. Where no minute is missing, it stands in the `place` given. */
function madeAt(made: readonly Made[], fromMs: number, place: number): Made | undefined {
  const there = made[place];
  return there?.fromMs === fromMs ? there : made.find((each) => each.fromMs === fromMs);
}

function withError(errors: Ahead["errors"], phase: string, error: number): Ahead["errors"] {
  return { ...errors, [phase]: learnError(errors[phase] ?? FIRST_ERROR, Math.min(MOST_ERROR, error)) };
}

function learnError({ mean, minutes }: MeanError, error: number): MeanError {
  const count = Math.min(ERROR_MEMORY_MINUTES, minutes + 1);
  return { mean: mean + (error - mean) / count, minutes: count };
}

/** How the load moved at an instant; undefined where a minute that it takes is not known. */
function movingAt(measured: readonly LoadMinute[], atMs: number, throughputRps: number): Moving | undefined {
  const level = levelAt(measured, atMs, throughputRps);
  if (level === undefined) return undefined;
  const slopes: number[] = [];
  for (const minutes of SLOPES_MINUTES) {
    const earlier = levelAt(measured, atMs - minutes * MINUTE_MS, throughputRps);
    if (earlier === undefined) return undefined;
    slopes.push(level - earlier);
  }
  const newest = levelAt(measured, atMs, throughputRps, 1);
  return { level, slopes: [...slopes, newest === undefined ? 0 : newest - level] };
}

function levelAt(measured: readonly LoadMinute[], atMs: number, throughputRps: number, minutes = LEVEL_MINUTES): number | undefined {
  let sum = 0;
  let known = 0;
  for (let index = measured.length - 1; index >= 0; index -= 1) {
    const minute = measured[index];
    if (minute === undefined || minute.atMs <= atMs - minutes * MINUTE_MS) break;
    if (minute.kind === "unknown" || minute.atMs > atMs) continue;
    sum += minute.loadRps;
    known += 1;
  }
  return known === 0 ? undefined : Math.log(sum / known + NOTHING_UNITS * throughputRps);
}
