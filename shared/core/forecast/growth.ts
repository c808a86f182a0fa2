import type { LoadMinute } from "../measurement.ts";
import { MINUTE_MS, type ZoneOffsets } from "../time.ts";
import { learnRate, placeOf, RATE_NUMBERS, rateAt, wasSeen, type Place } from "./growth-rates.ts";
import { firstRegression, learnRegression, predicted, regressionNumbers } from "./least-squares.ts";
import type { Timing } from "./shape.ts";

/**
 * How a target's load grows from its newest minutes, for every number of minutes ahead: learned minute by minute from what it carried,
 * around what draws a crowd and apart from it. It knows no audience, only when something begins and ends.
 */
export type Growth = {
  /** How far it looks. */
  readonly minutesAhead: number;
  /**
   * `growthNumbers(minutesAhead)` of them: usual rates (`RATE_NUMBERS`), then for each minute ahead, from 1 on, a regression for each side,
   * and a mean error with the minutes that it rests on for each phase.
   */
  readonly numbers: Float64Array;
  /** What the last minutes forecast, newest first: it is judged by what was known when it was made. */
  readonly made: readonly Made[];
};

/** Around what draws a crowd, or apart from it. */
const SIDES = ["inside", "outside"] as const;
export type Side = (typeof SIDES)[number];

/** What one minute forecast for those after it, and from what. */
export type Made = {
  readonly fromMs: number;
  readonly moving: Moving;
  /** By minutes ahead: the usual growth until then, and the median in requests a second. */
  readonly usualGrowth: readonly number[];
  readonly medianRps: readonly number[];
};

/** How the load moves at one minute: its logarithm, and what it gained lately. */
type Moving = { readonly level: number; readonly slopes: readonly number[] };

/** A minute as it looks from the newest ones: the median, the spread of its logarithm, and how many minutes of its phase that rests on. */
export type NearMinute = {
  readonly atMs: number;
  readonly side: Side;
  readonly medianRps: number;
  readonly spread: number;
  readonly seenMinutes: number;
};

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

/** Minutes that it takes to know how the load moves. */
export const GROWTH_LOOK_BACK_MINUTES = 18;

// The load now is the mean of three minutes; how it moves is read against the three that end 5 and 15 minutes earlier, and in the newest.
const LEVEL_MINUTES = 3;
const SLOPES_MINUTES = [5, 15] as const;
// The usual growth is believed at first, and slopes are not.
const FIRST_WEIGHTS: readonly number[] = [0, 1, 0, 0, 0];
// A day and a half apart from crowds, and some ten broadcasts.
const MEMORY_MINUTES = 2_000;
const LARGEST_ERROR = 0.5;
const LARGEST_GROWTH = 1.5;
// What nobody announced is no news of how errors usually are: a minute counts as at most so many times what was thought of it.
const MOST_ERROR = 5;
// An eighth of a day by the minute, in each phase.
const ERROR_MEMORY_MINUTES = 500;
const FIRST_ERROR = 0.08;
const FIRST_ERROR_MINUTES = 5;
// Of a normal error the spread is so many mean absolute errors.
const SPREADS_PER_ERROR = 1.25;
const LEAST_SPREAD = 0.02;
// Loads are told from nothing from a hundredth of a unit on.
const NOTHING_UNITS = 0.01;

const PHASES = ["usual", "before", "arrival", "plateau", "end", "decay"] as const;

const REGRESSION = regressionNumbers(FIRST_WEIGHTS.length);
const ERRORS = SIDES.length * REGRESSION;
// A mean and its minutes, for each phase and kind of day.
const NUMBERS_AHEAD = ERRORS + 2 * 2 * PHASES.length;

/** Numbers that are learned to look so many minutes ahead. */
export function growthNumbers(minutesAhead: number): number {
  return RATE_NUMBERS + minutesAhead * NUMBERS_AHEAD;
}

/** Nothing learned yet, for looking up to `minutes` ahead. */
export function firstGrowth(minutes: number): Growth {
  const numbers = new Float64Array(growthNumbers(minutes));
  for (let nth = 0; nth < minutes; nth += 1) {
    for (const side of SIDES) firstRegression(numbers, regressionAt(nth, side), FIRST_WEIGHTS);
    for (let at = aheadAt(nth) + ERRORS; at < aheadAt(nth + 1); at += 2) numbers.set([FIRST_ERROR, FIRST_ERROR_MINUTES], at);
  }
  return { minutesAhead: minutes, numbers, made: [] };
}

function aheadAt(nth: number): number {
  return RATE_NUMBERS + nth * NUMBERS_AHEAD;
}

function regressionAt(nth: number, side: Side): number {
  return aheadAt(nth) + (side === "inside" ? 0 : REGRESSION);
}

/** The minutes ahead of `fromMs`, the newest that is known, as they look from there; none where too little is known. */
export function nearMinutes(growth: Growth, input: GrowthInput, fromMs: number): readonly NearMinute[] {
  const moving = movingAt(input.measured, input.measured.length, fromMs, input.throughputRps);
  if (moving === undefined) return [];
  return lookAhead(growth, { ...input, placeAt: (atMs) => placeOf(input.timings, atMs, input.zone) }, { fromMs, moving }).minutes;
}

type Looking = Pick<GrowthInput, "throughputRps"> & { readonly placeAt: (atMs: number) => Place };

function lookAhead(
  { numbers, minutesAhead }: Growth,
  looking: Looking,
  { fromMs, moving }: Pick<Made, "fromMs" | "moving">,
): { readonly made: Made; readonly minutes: readonly NearMinute[] } {
  const minutes: NearMinute[] = [];
  const usualGrowths: number[] = [];
  const medians: number[] = [];
  let usualGrowth = 0;
  for (let nth = 0; nth < minutesAhead; nth += 1) {
    const atMs = fromMs + (nth + 1) * MINUTE_MS;
    const place = looking.placeAt(atMs);
    usualGrowth += rateAt(numbers, place);
    const minute = nearMinute(numbers, looking.throughputRps, { nth, atMs, place, moving, usualGrowth });
    minutes.push(minute);
    usualGrowths.push(usualGrowth);
    medians.push(minute.medianRps);
  }
  return { made: { fromMs, moving, usualGrowth: usualGrowths, medianRps: medians }, minutes };
}

type Sight = {
  readonly nth: number;
  readonly atMs: number;
  readonly place: Place;
  readonly moving: Moving;
  readonly usualGrowth: number;
};

function nearMinute(numbers: Float64Array, throughputRps: number, sight: Sight): NearMinute {
  const { nth, atMs, place, moving } = sight;
  const side = sideOf(place);
  const growth = predicted(numbers, regressionAt(nth, side), featuresOf(moving, sight.usualGrowth));
  const level = Math.exp(moving.level + Math.max(-LARGEST_GROWTH, Math.min(LARGEST_GROWTH, growth)));
  const error = errorAt(nth, place);
  return {
    atMs,
    side,
    medianRps: Math.max(0, level - NOTHING_UNITS * throughputRps),
    spread: Math.max(LEAST_SPREAD, SPREADS_PER_ERROR * (numbers[error] ?? FIRST_ERROR)),
    seenMinutes: (numbers[error + 1] ?? FIRST_ERROR_MINUTES) - FIRST_ERROR_MINUTES,
  };
}

function featuresOf({ slopes }: Moving, usualGrowth: number): readonly number[] {
  return [1, usualGrowth, ...slopes];
}

function sideOf({ stretch }: Place): Side {
  return stretch === "day" ? "outside" : "inside";
}

/** Stretches in which errors are alike. */
function phaseOf({ stretch, minute }: Place): (typeof PHASES)[number] {
  if (stretch === "day") return "usual";
  if (stretch === "start") return minute < -10 ? "before" : minute < 25 ? "arrival" : "plateau";
  return minute < -15 ? "plateau" : minute < 15 ? "end" : "decay";
}

/** Where the mean error of a number of minutes ahead stands, for the phase of a place on its kind of day; its minutes follow it. */
function errorAt(nth: number, place: Place): number {
  const phase = PHASES.indexOf(phaseOf(place));
  return aheadAt(nth) + ERRORS + 2 * (phase + (place.dayKind === "workday" ? 0 : PHASES.length));
}

/** What is learned from the newest of the measured minutes. O(minutes ahead). */
export function learnGrowth(growth: Growth, input: GrowthInput): Growth {
  if (input.measured.at(-1)?.kind !== "known") return growth;
  const learner = growthLearner(growth, input);
  learner.learn(input.measured.length - 1);
  return learner.learned();
}

/** Learns minute by minute, in numbers of its own. */
export type GrowthLearner = {
  /** Learns the measured minute of that index, and returns those ahead as they look from it; none where it or too much before it is unknown. */
  readonly learn: (index: number) => readonly NearMinute[];
  /** What was learned so far. */
  readonly learned: () => Growth;
};

/** What learns the measured minutes of an input one after the other, from what was learned before. */
export function growthLearner(growth: Growth, input: GrowthInput): GrowthLearner {
  const { measured, timings, zone, throughputRps } = input;
  const { minutesAhead } = growth;
  const numbers = growth.numbers.slice();
  let { made } = growth;
  const places = new Map<number, Place>();
  const placeAt = (atMs: number): Place => {
    let place = places.get(atMs);
    if (place === undefined) places.set(atMs, (place = placeOf(timings, atMs, zone)));
    return place;
  };
  const learn = (index: number): readonly NearMinute[] => {
    const minute = measured[index];
    if (minute?.kind !== "known") return [];
    learnMinute({ minutesAhead, numbers, made }, { minute, before: measured[index - 1], place: placeAt(minute.atMs), throughputRps });
    places.delete(minute.atMs);
    const moving = movingAt(measured, index + 1, minute.atMs, throughputRps);
    if (moving === undefined) return [];
    const looked = lookAhead({ minutesAhead, numbers, made }, { placeAt, throughputRps }, { fromMs: minute.atMs, moving });
    made = [looked.made, ...made.slice(0, minutesAhead - 1)];
    return looked.minutes;
  };
  return { learn, learned: () => ({ minutesAhead, numbers, made }) };
}

type KnownMinute = Extract<LoadMinute, { kind: "known" }>;

/** Learns in place from a minute: what was forecast for it is judged, and its own rate is seen. */
function learnMinute(
  { numbers, minutesAhead, made }: Growth,
  given: {
    readonly minute: KnownMinute;
    readonly before: LoadMinute | undefined;
    readonly place: Place;
    readonly throughputRps: number;
  },
): void {
  const { place, before } = given;
  const { atMs, loadRps } = given.minute;
  const nothingRps = NOTHING_UNITS * given.throughputRps;
  const value = Math.log(loadRps + nothingRps);
  const side = sideOf(place);
  // The first of its kind shows how it runs; how far forecasts err is for the next one to show.
  const seen = wasSeen(numbers, place);
  for (let nth = 0; nth < minutesAhead; nth += 1) {
    const then = madeAt(made, atMs - (nth + 1) * MINUTE_MS, nth);
    if (then === undefined) continue;
    const features = featuresOf(then.moving, then.usualGrowth[nth] ?? 0);
    const at = regressionAt(nth, side);
    const error = value - then.moving.level - predicted(numbers, at, features);
    const bounded = Math.max(-LARGEST_ERROR, Math.min(LARGEST_ERROR, error));
    learnRegression(numbers, at, { features, error: bounded, memory: MEMORY_MINUTES });
    if (seen) learnError(numbers, errorAt(nth, place), Math.abs(value - Math.log((then.medianRps[nth] ?? 0) + nothingRps)));
  }
  if (before?.kind === "known" && before.atMs === atMs - MINUTE_MS)
    learnRate(numbers, place, value - Math.log(before.loadRps + nothingRps));
}

/** What was forecast from an instant. Where no minute is missing, it stands in the `place` given. */
function madeAt(made: readonly Made[], fromMs: number, place: number): Made | undefined {
  const there = made[place];
  return there?.fromMs === fromMs ? there : made.find((each) => each.fromMs === fromMs);
}

function learnError(numbers: Float64Array, at: number, error: number): void {
  const mean = numbers[at] ?? FIRST_ERROR;
  const count = Math.min(ERROR_MEMORY_MINUTES, (numbers[at + 1] ?? FIRST_ERROR_MINUTES) + 1);
  numbers[at] = mean + (Math.min(MOST_ERROR * mean, error) - mean) / count;
  numbers[at + 1] = count;
}

/** How the load moved at an instant, by the measured minutes before the index `end`; undefined where a minute that it takes is not known. */
function movingAt(measured: readonly LoadMinute[], end: number, atMs: number, throughputRps: number): Moving | undefined {
  const level = levelAt(measured, end, atMs, { minutes: LEVEL_MINUTES, throughputRps });
  if (level === undefined) return undefined;
  const slopes: number[] = [];
  for (const minutes of SLOPES_MINUTES) {
    const earlier = levelAt(measured, end, atMs - minutes * MINUTE_MS, { minutes: LEVEL_MINUTES, throughputRps });
    if (earlier === undefined) return undefined;
    slopes.push(level - earlier);
  }
  const newest = levelAt(measured, end, atMs, { minutes: 1, throughputRps });
  slopes.push(newest === undefined ? 0 : newest - level);
  return { level, slopes };
}

function levelAt(
  measured: readonly LoadMinute[],
  end: number,
  atMs: number,
  { minutes, throughputRps }: { readonly minutes: number; readonly throughputRps: number },
): number | undefined {
  let sum = 0;
  let known = 0;
  for (let index = end - 1; index >= 0; index -= 1) {
    const minute = measured[index];
    if (minute === undefined || minute.atMs <= atMs - minutes * MINUTE_MS) break;
    if (minute.kind === "unknown" || minute.atMs > atMs) continue;
    sum += minute.loadRps;
    known += 1;
  }
  return known === 0 ? undefined : Math.log(sum / known + NOTHING_UNITS * throughputRps);
}
