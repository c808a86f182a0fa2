import { DAY_MS, HOUR_MS, MINUTE_MS, MINUTES_PER_DAY } from "../time.ts";
import { median } from "./median.ts";

/** The load of one service, minute by minute in [fromMs, toMs): mean requests a second, undefined where it is not known. */
export type MinutesOfLoad = { readonly fromMs: number; readonly toMs: number; readonly rps: readonly (number | undefined)[] };

/** When something is on air: [startsAtMs, endsAtMs). */
export type OnAir = { readonly startsAtMs: number; readonly endsAtMs: number };

/** Whether the load rises when the schedule says; `of` is how many programmes were looked at. */
export type LoadShift =
  | { readonly kind: "in-place"; readonly of: number }
  /** In `programmes` of them it rises so many hours later than the schedule says, earlier when below zero. */
  | { readonly kind: "shifted"; readonly hours: number; readonly programmes: number; readonly of: number }
  | { readonly kind: "unknown"; readonly reason: string };

// Fewer are chance, and those of one evening are one chance together.
const FEWEST_PROGRAMMES = 5;
const FEWEST_DAYS = 3;
const MOST_PROGRAMMES = 500;
const MOST_HOURS = 12;
// Where something is on nearly always, every hour looks like every other.
const MOST_ON_AIR_SHARE = 0.5;
// A lift of the logarithm of the load by this much more, and in two programmes of three.
const LIFT_MORE = 0.1;
const SHARE_OF_PROGRAMMES = 2 / 3;
const BUCKET_MINUTES = 30;

/** The programmes that can say whether a schedule is shifted, those of one time once, by start; or why they cannot. */
export type Witnesses =
  | { readonly kind: "known"; readonly programmes: readonly OnAir[] }
  | { readonly kind: "unknown"; readonly reason: string };

/** Which programmes of a schedule can say whether it is shifted against a load in [fromMs, toMs). */
export function witnessesIn(programmes: readonly OnAir[], { fromMs, toMs }: Omit<MinutesOfLoad, "rps">): Witnesses {
  const within = programmes.filter(({ startsAtMs, endsAtMs }) => startsAtMs >= fromMs && endsAtMs <= toMs);
  const single = [...new Map(within.map((each) => [`${each.startsAtMs} ${each.endsAtMs}`, each])).values()];
  single.sort((a, b) => a.startsAtMs - b.startsAtMs || a.endsAtMs - b.endsAtMs);
  const days = new Set(single.map(({ startsAtMs }) => Math.floor(startsAtMs / DAY_MS))).size;
  if (single.length < FEWEST_PROGRAMMES || days < FEWEST_DAYS) {
    const wanted = `${FEWEST_PROGRAMMES} on ${FEWEST_DAYS} would tell`;
    return { kind: "unknown", reason: `it lists ${single.length} programmes on ${days} days of known load; ${wanted}` };
  }
  const spanMs = single.reduce((last, { endsAtMs }) => Math.max(last, endsAtMs), 0) - (single[0]?.startsAtMs ?? 0);
  if (unionMs(single) > MOST_ON_AIR_SHARE * spanMs)
    return { kind: "unknown", reason: "something is on nearly always, so that every hour looks like every other" };
  return { kind: "known", programmes: single.slice(0, MOST_PROGRAMMES) };
}

/**
 * Whether the load rises a whole number of hours off the schedule, consistently: what a zone that was misread looks like, or a change of
 * clocks that was left out. `unknown` where that cannot be told.
 */
export function loadShiftOf(load: MinutesOfLoad, programmes: readonly OnAir[]): LoadShift {
  const witnesses = witnessesIn(programmes, load);
  if (witnesses.kind === "unknown") return witnesses;
  const counted = witnesses.programmes;
  const of = counted.length;
  const sums = liftSums(load, usualByTimeOfDay(load));
  const hours = Array.from({ length: 2 * MOST_HOURS + 1 }, (_, index) => index - MOST_HOURS);
  const lifts = new Map(hours.map((hour) => [hour, counted.map((programme) => liftOf(sums, load, programme, hour * HOUR_MS))]));
  const meanOf = (hour: number): number => meanKnown(lifts.get(hour) ?? []);
  const best = hours.reduce((most, hour) => (meanOf(hour) > meanOf(most) ? hour : most), 0);
  const here = lifts.get(0) ?? [];
  const more = (lifts.get(best) ?? []).filter((lift, index) => (lift ?? -Infinity) > (here[index] ?? Infinity)).length;
  const rises = meanOf(best) >= LIFT_MORE;
  // A crowd that stays on looks nearly the same an hour later.
  const isClear = Math.max(meanOf(best - 1), meanOf(best + 1)) <= meanOf(best) - LIFT_MORE;
  if (rises && best === 0 && isClear) return { kind: "in-place", of };
  if (rises && best !== 0 && meanOf(best) >= meanOf(0) + LIFT_MORE && more >= SHARE_OF_PROGRAMMES * of)
    return { kind: "shifted", hours: best, programmes: more, of };
  // It rises a little off, or in some of them: nothing to accuse a schedule of, and nothing to clear it.
  return { kind: "unknown", reason: `it does not rise and fall with the ${of} programmes that were looked at` };
}

/** How far off it is, in words: "1 hour after". */
export function hoursText(hours: number): string {
  return `${Math.abs(hours)} ${Math.abs(hours) === 1 ? "hour" : "hours"} ${hours > 0 ? "after" : "before"}`;
}

function meanKnown(values: readonly (number | undefined)[]): number {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? -Infinity : known.reduce((sum, value) => sum + value, 0) / known.length;
}

function unionMs(programmes: readonly OnAir[]): number {
  let total = 0;
  let untilMs = -Infinity;
  for (const { startsAtMs, endsAtMs } of programmes) {
    total += Math.max(0, endsAtMs - Math.max(startsAtMs, untilMs));
    untilMs = Math.max(untilMs, endsAtMs);
  }
  return total;
}

/** The median logarithm of the load by half-hour of the day, UTC: programmes are on too seldom to be in it. */
function usualByTimeOfDay({ fromMs, rps }: MinutesOfLoad): readonly number[] {
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
function liftSums({ fromMs, rps }: MinutesOfLoad, usual: readonly number[]): Sums {
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

function liftOf({ lift, count }: Sums, { fromMs, rps }: MinutesOfLoad, { startsAtMs, endsAtMs }: OnAir, byMs: number): number | undefined {
  const place = (atMs: number): number => Math.max(0, Math.min(rps.length, Math.floor((atMs + byMs - fromMs) / MINUTE_MS)));
  const [from, to] = [place(startsAtMs), place(endsAtMs)];
  const minutes = (count[to] ?? 0) - (count[from] ?? 0);
  return minutes === 0 ? undefined : ((lift[to] ?? 0) - (lift[from] ?? 0)) / minutes;
}
