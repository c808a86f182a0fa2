import type { Occasion } from "../../shared/core/schedule/occasion.ts";
import { median } from "../../shared/core/forecast/median.ts";
import { HOUR_MS, MINUTE_MS, MINUTES_PER_DAY } from "../../shared/core/time.ts";
import type { LoadSeries } from "./load-series.ts";

/** The load follows the schedule so many hours later (earlier when below zero) than it says, in so many of its programmes. */
export type Shifted = { readonly hours: number; readonly programmes: number; readonly of: number };

// Fewer are chance.
const FEWEST_PROGRAMMES = 5;
const MOST_PROGRAMMES = 500;
const MOST_HOURS = 12;
// Where something is on nearly always, every hour looks like every other.
const MOST_ON_AIR_SHARE = 0.5;
// A lift of the logarithm of the load by this much more, and in two programmes of three.
const LIFT_MORE = 0.1;
const SHARE_OF_PROGRAMMES = 2 / 3;
const BUCKET_MINUTES = 30;

/**
 * Whether the load rises a whole number of hours off the schedule, consistently: what a zone that was misread looks like. Undefined where it
 * rises when the schedule says, or where that cannot be told.
 */
export function shiftedBy(load: LoadSeries, occasions: readonly Occasion[]): Shifted | undefined {
  const within = occasions.filter(({ startsAtMs, endsAtMs }) => startsAtMs >= load.fromMs && endsAtMs <= load.toMs);
  const counted = within.slice(0, MOST_PROGRAMMES);
  const onAirMs = unionMs(within);
  if (counted.length < FEWEST_PROGRAMMES || onAirMs > MOST_ON_AIR_SHARE * (load.toMs - load.fromMs)) return undefined;
  const usual = usualByTimeOfDay(load);
  const sums = liftSums(load, usual);
  const hours = Array.from({ length: 2 * MOST_HOURS + 1 }, (_, index) => index - MOST_HOURS);
  const lifts = new Map(hours.map((hour) => [hour, counted.map((occasion) => liftOf(sums, load, occasion, hour * HOUR_MS))]));
  const meanOf = (hour: number): number => meanKnown(lifts.get(hour) ?? []);
  const best = hours.reduce((most, hour) => (meanOf(hour) > meanOf(most) ? hour : most), 0);
  if (best === 0 || meanOf(best) < meanOf(0) + LIFT_MORE) return undefined;
  const here = lifts.get(0) ?? [];
  const programmes = (lifts.get(best) ?? []).filter((lift, index) => (lift ?? -Infinity) > (here[index] ?? Infinity)).length;
  return programmes >= SHARE_OF_PROGRAMMES * counted.length ? { hours: best, programmes, of: counted.length } : undefined;
}

function meanKnown(values: readonly (number | undefined)[]): number {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? -Infinity : known.reduce((sum, value) => sum + value, 0) / known.length;
}

function unionMs(occasions: readonly Occasion[]): number {
  let total = 0;
  let untilMs = -Infinity;
  for (const { startsAtMs, endsAtMs } of occasions) {
    total += Math.max(0, endsAtMs - Math.max(startsAtMs, untilMs));
    untilMs = Math.max(untilMs, endsAtMs);
  }
  return total;
}

/** The median logarithm of the load by half-hour of the day, UTC: programmes are on too seldom to be in it. */
function usualByTimeOfDay({ fromMs, rps }: LoadSeries): readonly number[] {
  const buckets: number[][] = Array.from({ length: MINUTES_PER_DAY / BUCKET_MINUTES }, () => []);
  for (const [index, load] of rps.entries()) {
    if (load !== undefined && load > 0) buckets[bucketOf(fromMs + index * MINUTE_MS)]?.push(Math.log(load));
  }
  return buckets.map((logs) => (logs.length === 0 ? 0 : median(logs)));
}

function bucketOf(atMs: number): number {
  return Math.floor((Math.floor(atMs / MINUTE_MS) % MINUTES_PER_DAY) / BUCKET_MINUTES);
}

type Sums = { readonly lift: Float64Array; readonly count: Float64Array };

/** Running sums of how far the load lies above its usual, so that any window costs two look-ups. */
function liftSums({ fromMs, rps }: LoadSeries, usual: readonly number[]): Sums {
  const lift = new Float64Array(rps.length + 1);
  const count = new Float64Array(rps.length + 1);
  for (const [index, load] of rps.entries()) {
    const isKnown = load !== undefined && load > 0;
    const above = isKnown ? Math.log(load) - (usual[bucketOf(fromMs + index * MINUTE_MS)] ?? 0) : 0;
    lift[index + 1] = (lift[index] ?? 0) + above;
    count[index + 1] = (count[index] ?? 0) + (isKnown ? 1 : 0);
  }
  return { lift, count };
}

function liftOf({ lift, count }: Sums, { fromMs, rps }: LoadSeries, { startsAtMs, endsAtMs }: Occasion, byMs: number): number | undefined {
  const place = (atMs: number): number => Math.max(0, Math.min(rps.length, Math.floor((atMs + byMs - fromMs) / MINUTE_MS)));
  const [from, to] = [place(startsAtMs), place(endsAtMs)];
  const minutes = (count[to] ?? 0) - (count[from] ?? 0);
  return minutes === 0 ? undefined : ((lift[to] ?? 0) - (lift[from] ?? 0)) / minutes;
}
