import type { NearMinute, Side } from "../../shared/core/forecast/growth.ts";
import { firstRegression, learnRegression, predicted, regressionNumbers } from "../../shared/core/forecast/least-squares.ts";
import type { Trace } from "../../shared/core/simulate/peers/policy.ts";
import type { Slot } from "../../shared/core/simulate/peers/schedule-multiplier.ts";
import { MINUTE_MS, MINUTES_PER_DAY, minuteOfWeek } from "../../shared/core/time.ts";
import { MINUTES_AHEAD, ZONE, type Sightings } from "./calltime.ts";

/** Where a minute stands: so many minutes after a kick-off, or after midnight where no match is near. */
type Place = { readonly side: Side; readonly minute: number; readonly isWeekend: boolean; readonly phase: number };

// A match is felt from 40 minutes before its kick-off until an hour after the end that the guide has.
const BEFORE_MINUTES = 40;
const AFTER_MINUTES = 180;
// Of phases by minutes after the kick-off each ends where the next one begins: before, arrival, play, whistle, decay. The first is no match.
const PHASE_BEGINS = [-BEFORE_MINUTES, -10, 25, 100, 135] as const;
const PHASES = PHASE_BEGINS.length + 1;
const SATURDAY = 5;
const LEVEL_MINUTES = 3;
// Half an hour of slope, and the minutes of the level before it.
const LOOK_BACK_MINUTES = 40;
const MEMORY_MINUTES = 2_000;
const LARGEST_ERROR = 0.5;
// Of a normal error the spread is so many mean absolute errors.
const SPREADS_PER_ERROR = 1.25;
const LEAST_SPREAD = 0.02;
const FIRST_ERROR = 0.08;
const ERROR_MEMORY_MINUTES = 500;

function placesOf({ fromMs, loadRps }: Trace, slots: readonly Slot[]): readonly Place[] {
  let next = 0;
  return Array.from({ length: loadRps.length + MINUTES_AHEAD }, (_, nth) => {
    const atMs = fromMs + nth * MINUTE_MS;
    while ((slots[next]?.startsAtMs ?? Number.POSITIVE_INFINITY) - BEFORE_MINUTES * MINUTE_MS <= atMs) next += 1;
    const slot = slots[next - 1];
    const since = slot === undefined ? AFTER_MINUTES : (atMs - slot.startsAtMs) / MINUTE_MS;
    const side = since < AFTER_MINUTES ? "inside" : "outside";
    const week = minuteOfWeek(ZONE, side === "inside" ? (slot?.startsAtMs ?? atMs) : atMs);
    const minute = side === "inside" ? since : week % MINUTES_PER_DAY;
    const phase = side === "outside" ? 0 : PHASE_BEGINS.findLastIndex((begins) => since >= begins) + 1;
    return { side, minute, isWeekend: Math.floor(week / MINUTES_PER_DAY) >= SATURDAY, phase };
  });
}

/** The logarithm of the load of every minute, and of the mean of three that end with it. */
function logsOf({ loadRps }: Trace, throughputRps: number): { readonly log: Float64Array; readonly level: Float64Array } {
  const nothingRps = 0.01 * throughputRps;
  const log = loadRps.map((rps) => Math.log(rps + nothingRps));
  const level = loadRps.map((_, nth) => {
    const minutes = loadRps.subarray(Math.max(0, nth + 1 - LEVEL_MINUTES), nth + 1);
    return Math.log(minutes.reduce((sum, rps) => sum + rps, 0) / minutes.length + nothingRps);
  });
  return { log, level };
}

/** How a prototype reads growth: from which features, in which of its regressions, and what it learns of a minute beside them. */
type Reading = {
  readonly weights: readonly number[];
  readonly regressions: number;
  readonly regressionOf: (place: Place) => number;
  readonly featuresAt: (newest: number, ahead: number) => readonly number[];
  readonly learn?: (nth: number) => void;
  /** Whether what growth is read from was ever seen; without it an error says nothing of how forecasts usually err. */
  readonly wasSeen?: (nth: number) => boolean;
};

/** Walks through all of the trace, and keeps what each minute let a prototype see of the next ones. */
function sightingsBy(
  { fromMs, chargeMs, loadRps }: Trace,
  { log, level }: ReturnType<typeof logsOf>,
  places: readonly Place[],
  { weights, regressions, regressionOf, featuresAt, learn, wasSeen = () => true }: Reading,
): Sightings {
  const length = regressionNumbers(weights.length);
  const numbers = new Float64Array(MINUTES_AHEAD * regressions * length);
  for (let at = 0; at < numbers.length; at += length) firstRegression(numbers, at, weights);
  const errors = Array.from({ length: MINUTES_AHEAD * PHASES }, () => ({ mean: FIRST_ERROR, minutes: 5 }));
  const regressionAt = (ahead: number, place: Place): number => ((ahead - 1) * regressions + regressionOf(place)) * length;
  const seen = new Map<number, readonly NearMinute[]>();
  const made = new Map<number, readonly (readonly number[])[]>();
  for (let nth = LOOK_BACK_MINUTES; nth < loadRps.length; nth += 1) {
    const place = placeAt(places, nth);
    for (let ahead = 1; ahead <= MINUTES_AHEAD; ahead += 1) {
      const features = made.get(nth - ahead)?.[ahead - 1];
      if (features === undefined) continue;
      const at = regressionAt(ahead, place);
      const error = (log[nth] ?? 0) - (level[nth - ahead] ?? 0) - predicted(numbers, at, features);
      const spread = errors[(ahead - 1) * PHASES + place.phase];
      if (spread !== undefined && wasSeen(nth)) {
        spread.minutes = Math.min(ERROR_MEMORY_MINUTES, spread.minutes + 1);
        spread.mean += (Math.abs(error) - spread.mean) / spread.minutes;
      }
      const bounded = Math.max(-LARGEST_ERROR, Math.min(LARGEST_ERROR, error));
      learnRegression(numbers, at, { features, error: bounded, memory: MEMORY_MINUTES });
    }
    learn?.(nth);
    const features = Array.from({ length: MINUTES_AHEAD }, (_, ahead) => featuresAt(nth, ahead + 1));
    made.set(nth, features);
    made.delete(nth - MINUTES_AHEAD);
    const atMs = fromMs + nth * MINUTE_MS;
    // Nobody decides by what was seen earlier than a day before the charge.
    if (atMs < chargeMs - MINUTES_PER_DAY * MINUTE_MS) continue;
    const minutes = features.map((given, index): NearMinute => {
      const then = placeAt(places, nth + index + 1);
      const growth = predicted(numbers, regressionAt(index + 1, then), given);
      const error = errors[index * PHASES + then.phase]?.mean ?? FIRST_ERROR;
      return {
        atMs: atMs + (index + 1) * MINUTE_MS,
        side: then.side,
        medianRps: Math.exp((level[nth] ?? 0) + growth),
        spread: Math.max(LEAST_SPREAD, SPREADS_PER_ERROR * error),
        seenMinutes: 0,
      };
    });
    seen.set(atMs, minutes);
  }
  return seen;
}

function placeAt(places: readonly Place[], nth: number): Place {
  const place = places[nth];
  if (place === undefined) throw new RangeError("a minute beyond the trace and what is looked ahead");
  return place;
}

// Growth is read apart in stages that are shorter than the phases of its errors.
const STAGE_MINUTES = 10;

/**
 * Prototype A of the forecast's design: growth over the whole horizon from the mean of its phase and the slope of ten minutes, a spread for
 * each phase; to be played without fresh release and without the absolute floor. Source: the table of the design alone ("growth over the
 * whole horizon on phase mean and slope, spread per phase"): where phases end and how a slope is read is ours.
 */
export function prototypeA(trace: Trace, slots: readonly Slot[], throughputRps: number): Sightings {
  const logs = logsOf(trace, throughputRps);
  const { level } = logs;
  return sightingsBy(trace, logs, placesOf(trace, slots), {
    weights: [0, 0],
    regressions: 1 + (BEFORE_MINUTES + AFTER_MINUTES) / STAGE_MINUTES,
    regressionOf: ({ side, minute }) => (side === "outside" ? 0 : 1 + Math.floor((minute + BEFORE_MINUTES) / STAGE_MINUTES)),
    featuresAt: (newest) => [1, (level[newest] ?? 0) - (level[newest - 10] ?? 0)],
  });
}

const SLOPES_MINUTES = [3, 10, 30] as const;
const PART_MINUTES = 30;
const MEMORY_SLOTS = 20;

/**
 * Prototype B: for each horizon a recursive regression inside slots and one outside, on the growth that earlier slots of the same kind of
 * day had (outside: earlier days) and on slopes over 3 to 30 minutes; a spread for each phase, pooled over kinds of day; to be played with
 * the absolute floor and fresh release. Source: the table of the design alone.
 */
export function prototypeB(trace: Trace, slots: readonly Slot[], throughputRps: number): Sightings {
  const logs = logsOf(trace, throughputRps);
  const { log, level } = logs;
  const places = placesOf(trace, slots);
  const means = new Map<string, { mean: number; count: number }>();
  const keyOf = ({ side, minute }: Place, kind: string): string =>
    `${side}/${side === "inside" ? minute : Math.floor(minute / PART_MINUTES)}/${kind}`;
  const rateAt = (nth: number): number => {
    const place = placeAt(places, nth);
    return (means.get(keyOf(place, `${place.isWeekend}`)) ?? means.get(keyOf(place, "any")))?.mean ?? 0;
  };
  return sightingsBy(trace, logs, places, {
    // The growth of earlier slots is believed at first, and slopes are not.
    weights: [0, 1, 0, 0, 0],
    regressions: 2,
    regressionOf: ({ side }) => (side === "inside" ? 0 : 1),
    featuresAt: (newest, ahead) => {
      let growth = 0;
      for (let nth = newest + 1; nth <= newest + ahead; nth += 1) growth += rateAt(nth);
      return [1, growth, ...SLOPES_MINUTES.map((minutes) => (level[newest] ?? 0) - (level[newest - minutes] ?? 0))];
    },
    wasSeen: (nth) => means.has(keyOf(placeAt(places, nth), "any")),
    learn: (nth) => {
      const place = placeAt(places, nth);
      const rate = Math.max(-LARGEST_ERROR, Math.min(LARGEST_ERROR, (log[nth] ?? 0) - (log[nth - 1] ?? 0)));
      const memory = place.side === "inside" ? MEMORY_SLOTS : MEMORY_SLOTS * PART_MINUTES;
      for (const kind of [`${place.isWeekend}`, "any"]) {
        const key = keyOf(place, kind);
        const known = means.get(key) ?? { mean: 0, count: 0 };
        means.set(key, known);
        known.count = Math.min(memory, known.count + 1);
        known.mean += (rate - known.mean) / known.count;
      }
    },
  });
}

const MEAN_MINUTES = 5;

/** What nobody has: the true mean of the five minutes around each coming one, with a margin that is the same share of it everywhere. */
export function trueMeans({ fromMs, chargeMs, loadRps }: Trace): Sightings {
  const half = (MEAN_MINUTES - 1) / 2;
  const means = loadRps.map((_, nth) => {
    const around = loadRps.subarray(Math.max(0, nth - half), nth + half + 1);
    return around.reduce((sum, rps) => sum + rps, 0) / around.length;
  });
  const seen = new Map<number, readonly NearMinute[]>();
  const first = (chargeMs - fromMs) / MINUTE_MS - MINUTES_PER_DAY;
  for (let nth = first; nth < loadRps.length; nth += 1) {
    const minutes = Array.from({ length: MINUTES_AHEAD }, (_, index): NearMinute => {
      const atMs = fromMs + (nth + index + 1) * MINUTE_MS;
      return { atMs, side: "outside", medianRps: means[nth + index + 1] ?? 0, spread: LEAST_SPREAD, seenMinutes: 0 };
    });
    seen.set(fromMs + nth * MINUTE_MS, minutes);
  }
  return seen;
}
