import type { LoadMinute } from "../measurement.ts";
import { MINUTE_MS, type ZoneOffsets } from "../time.ts";
import { learnRate, placeOf, RATE_NUMBERS, rateAt, rateOf, wasSeen, type Place, type Rate } from "./growth-rates.ts";
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
/** What growth is read from. */
const FEATURES = ["constant", "usual growth", "slope of 5 minutes", "slope of 15 minutes", "newest minute"] as const;
export type GrowthFeature = (typeof FEATURES)[number];
// The usual growth is believed at first, and slopes are not.
const FIRST_WEIGHTS: Readonly<Record<GrowthFeature, number>> = {
  constant: 0,
  "usual growth": 1,
  "slope of 5 minutes": 0,
  "slope of 15 minutes": 0,
  "newest minute": 0,
};
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

const PHASES = ["usual", "before", "arrival", "settling", "plateau", "end", "leaving", "decay"] as const;

const REGRESSION = regressionNumbers(FEATURES.length);
const ERRORS = SIDES.length * REGRESSION;
// A mean and its minutes, for each phase and kind of day.
const NUMBERS_AHEAD = ERRORS + 2 * 2 * PHASES.length;

/** Numbers that are learned to look so many minutes ahead. */
export function growthNumbers(minutesAhead: number): number {
  return RATE_NUMBERS + minutesAhead * NUMBERS_AHEAD;
}

/** Nothing learned yet, for looking up to `minutes` ahead; it will never read the features that are `unread`. */
export function firstGrowth(minutes: number, unread: readonly GrowthFeature[] = []): Growth {
  const weights = FEATURES.map((feature) => (unread.includes(feature) ? undefined : FIRST_WEIGHTS[feature]));
  const numbers = new Float64Array(growthNumbers(minutes));
  for (let nth = 0; nth < minutes; nth += 1) {
    for (const side of SIDES) firstRegression(numbers, regressionAt(nth, side), weights);
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
  return minutesIn(lookAhead(growth, input, { fromMs, moving }), growth.numbers);
}

/** What is seen from one minute, and where the minutes ahead stand. */
type Sight = { readonly made: Made; readonly spots: readonly Spot[] };

function lookAhead(
  { numbers, minutesAhead }: Pick<Growth, "numbers" | "minutesAhead">,
  { timings, zone, throughputRps }: GrowthInput,
  { fromMs, moving }: Pick<Made, "fromMs" | "moving">,
): Sight {
  const spotAt = spotsOf(timings, zone);
  const spots: Spot[] = [];
  const usualGrowths: number[] = [];
  const medians: number[] = [];
  let usualGrowth = 0;
  featuresOf(moving, usualGrowth);
  for (let nth = 0; nth < minutesAhead; nth += 1) {
    const spot = spotAt(fromMs + (nth + 1) * MINUTE_MS);
    usualGrowth += rateAt(numbers, spot.rate);
    const growth = predicted(numbers, regressionAt(nth, spot.side), withUsualGrowth(usualGrowth));
    const level = Math.exp(moving.level + Math.max(-LARGEST_GROWTH, Math.min(LARGEST_GROWTH, growth)));
    spots.push(spot);
    usualGrowths.push(usualGrowth);
    medians.push(Math.max(0, level - NOTHING_UNITS * throughputRps));
  }
  return { made: { fromMs, moving, usualGrowth: usualGrowths, medianRps: medians }, spots };
}

/** The minutes ahead in a sight, while the numbers are those that it was seen by. */
function minutesIn(sight: Sight, numbers: Float64Array): readonly NearMinute[] {
  const minutes: NearMinute[] = [];
  for (let nth = 0; nth < sight.spots.length; nth += 1) {
    const minute = minuteIn(sight, numbers, nth);
    if (minute !== undefined) minutes.push(minute);
  }
  return minutes;
}

function minuteIn({ made, spots }: Sight, numbers: Float64Array, nth: number): NearMinute | undefined {
  const spot = spots[nth];
  if (spot === undefined) return undefined;
  const error = aheadAt(nth) + spot.errors;
  return {
    atMs: made.fromMs + (nth + 1) * MINUTE_MS,
    side: spot.side,
    medianRps: made.medianRps[nth] ?? 0,
    spread: Math.max(LEAST_SPREAD, SPREADS_PER_ERROR * (numbers[error] ?? FIRST_ERROR)),
    seenMinutes: (numbers[error + 1] ?? FIRST_ERROR_MINUTES) - FIRST_ERROR_MINUTES,
  };
}

/** What a regression is given, in the order of `FEATURES`, in `features`: they hold until the next are asked for. */
function featuresOf({ slopes }: Moving, usualGrowth: number): Float64Array {
  for (let nth = 0; nth < slopes.length; nth += 1) features[2 + nth] = slopes[nth] ?? 0;
  return withUsualGrowth(usualGrowth);
}

/** The same of another minute that is seen from the same one. */
function withUsualGrowth(usualGrowth: number): Float64Array {
  features[1] = usualGrowth;
  return features;
}

// Room to work in, made once: the first is always 1.
const features = Float64Array.from(FEATURES, () => 1);

/** Where a minute stands, the side that it is on, its rate, and where the errors of its phase stand among the numbers of a minute ahead. */
type Spot = { readonly place: Place; readonly side: Side; readonly rate: Rate; readonly errors: number };

type Spots = { readonly zone: ZoneOffsets; readonly byInstant: Map<number, Spot> };

// All targets look ahead by the same timings, and nearly all to the same minutes. A list of timings may stand for as long as the guide says
// nothing new: what is remembered by it stays below 1 MB.
const SPOTS_KEPT = 4_096;
const knownSpots = new WeakMap<readonly Timing[], Spots>();

/** Where minutes stand by these timings, each worked out once. */
function spotsOf(timings: readonly Timing[], zone: ZoneOffsets): (atMs: number) => Spot {
  let spots = knownSpots.get(timings);
  if (spots?.zone !== zone) knownSpots.set(timings, (spots = { zone, byInstant: new Map() }));
  const { byInstant } = spots;
  return (atMs) => {
    let spot = byInstant.get(atMs);
    if (spot !== undefined) return spot;
    if (byInstant.size >= SPOTS_KEPT) byInstant.clear();
    byInstant.set(atMs, (spot = spotOf(placeOf(timings, atMs, zone))));
    return spot;
  };
}

/** Whether every minute of [fromMs, untilMs] stands where it stood by other timings: what is learned of it is then the same. */
export function standAlike(
  before: readonly Timing[],
  after: readonly Timing[],
  { fromMs, untilMs, zone }: { readonly fromMs: number; readonly untilMs: number; readonly zone: ZoneOffsets },
): boolean {
  const [spotBefore, spotAfter] = [spotsOf(before, zone), spotsOf(after, zone)];
  for (let atMs = fromMs; atMs <= untilMs; atMs += MINUTE_MS) {
    const [a, b] = [spotBefore(atMs).place, spotAfter(atMs).place];
    if (a.minute !== b.minute || a.stretch !== b.stretch || a.dayKind !== b.dayKind) return false;
  }
  return true;
}

function spotOf(place: Place): Spot {
  const phase = PHASES.indexOf(phaseOf(place));
  const errors = ERRORS + 2 * (phase + (place.dayKind === "workday" ? 0 : PHASES.length));
  return { place, side: sideOf(place), rate: rateOf(place), errors };
}

function sideOf({ stretch }: Place): Side {
  return stretch === "day" ? "outside" : "inside";
}

/**
 * Stretches in which errors are alike. A crowd that comes or goes within minutes is forecast far worse than one that is there, so its few
 * minutes stand apart from those before and after them.
 */
function phaseOf({ stretch, minute }: Place): (typeof PHASES)[number] {
  if (stretch === "day") return "usual";
  if (stretch === "start") return minute < -10 ? "before" : minute < 10 ? "arrival" : minute < 25 ? "settling" : "plateau";
  return minute < -5 ? "plateau" : minute < 3 ? "end" : minute < 15 ? "leaving" : "decay";
}

/** What is learned from the newest of the measured minutes. O(minutes ahead). */
export function learnGrowth(growth: Growth, input: GrowthInput): Growth {
  if (input.measured.at(-1)?.kind !== "known") return growth;
  const learner = growthLearner(growth);
  learner.learn(input, input.measured.length - 1);
  return learner.learned();
}

/** Learns minute by minute, in numbers of its own. */
export type GrowthLearner = {
  /** Learns the measured minute of that index; whether it can be looked ahead from: not where it or too much before it is unknown. */
  readonly learn: (input: GrowthInput, index: number) => boolean;
  /** The minute that many ahead as it looks from the one that was learned last; undefined where it looks no further, or cannot. */
  readonly ahead: (minutes: number) => NearMinute | undefined;
  /** All of them as they look from `fromMs`, the newest known minute of an input whose minutes were learned; none where too little is known. */
  readonly look: (input: GrowthInput, fromMs: number) => readonly NearMinute[];
  /** What was learned so far. */
  readonly learned: () => Growth;
};

/** What goes on learning from what was learned before. */
export function growthLearner(growth: Growth): GrowthLearner {
  const { minutesAhead } = growth;
  const numbers = growth.numbers.slice();
  let { made } = growth;
  const seesAlike = (a: GrowthInput, b: GrowthInput, fromMs: number): boolean => {
    const ahead = { fromMs: fromMs + MINUTE_MS, untilMs: fromMs + minutesAhead * MINUTE_MS, zone: a.zone };
    return a.zone === b.zone && (a.timings === b.timings || standAlike(a.timings, b.timings, ahead));
  };
  let last: { readonly sight: Sight; readonly input: GrowthInput } | undefined;
  return {
    learn: (input, index) => {
      const { measured, timings, zone, throughputRps } = input;
      const minute = measured[index];
      last = undefined;
      if (minute?.kind !== "known") return false;
      const spot = spotsOf(timings, zone)(minute.atMs);
      learnMinute({ minutesAhead, numbers, made }, { minute, before: measured[index - 1], spot, throughputRps });
      const moving = movingAt(measured, index + 1, minute.atMs, throughputRps);
      if (moving === undefined) return false;
      last = { sight: lookAhead({ minutesAhead, numbers }, input, { fromMs: minute.atMs, moving }), input };
      made = [last.sight.made, ...made.slice(0, minutesAhead - 1)];
      return true;
    },
    ahead: (minutes) => last && minuteIn(last.sight, numbers, minutes - 1),
    look: (input, fromMs) => {
      // Having just learned the newest minute it has looked from there already, unless those ahead stand elsewhere by other timings.
      if (last?.sight.made.fromMs === fromMs && last.input.measured === input.measured && seesAlike(last.input, input, fromMs))
        return minutesIn(last.sight, numbers);
      return nearMinutes({ minutesAhead, numbers, made }, input, fromMs);
    },
    learned: () => ({ minutesAhead, numbers: numbers.slice(), made }),
  };
}

type KnownMinute = Extract<LoadMinute, { kind: "known" }>;

/** Learns in place from a minute: what was forecast for it is judged, and its own rate is seen. */
function learnMinute(
  { numbers, minutesAhead, made }: Growth,
  given: {
    readonly minute: KnownMinute;
    readonly before: LoadMinute | undefined;
    readonly spot: Spot;
    readonly throughputRps: number;
  },
): void {
  const { before } = given;
  const { place, side, errors } = given.spot;
  const { atMs, loadRps } = given.minute;
  const nothingRps = NOTHING_UNITS * given.throughputRps;
  const value = Math.log(loadRps + nothingRps);
  // The first of its kind shows how it runs; how far forecasts err is for the next one to show.
  const seen = wasSeen(numbers, place);
  for (let nth = 0; nth < minutesAhead; nth += 1) {
    const then = madeAt(made, atMs - (nth + 1) * MINUTE_MS, nth);
    if (then === undefined) continue;
    const from = featuresOf(then.moving, then.usualGrowth[nth] ?? 0);
    const at = regressionAt(nth, side);
    const error = value - then.moving.level - predicted(numbers, at, from);
    const bounded = Math.max(-LARGEST_ERROR, Math.min(LARGEST_ERROR, error));
    learnRegression(numbers, at, { features: from, error: bounded, memory: MEMORY_MINUTES });
    if (seen) learnError(numbers, aheadAt(nth) + errors, Math.abs(value - Math.log((then.medianRps[nth] ?? 0) + nothingRps)));
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
