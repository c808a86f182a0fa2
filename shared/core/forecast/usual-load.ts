import { MINUTES_PER_DAY, MINUTES_PER_WEEK, minuteOfWeek, type ZoneOffsets } from "../time.ts";

/**
 * What each part of the week usually carries: a mean per bucket of the week, pooled with the mean of the same part of the day on
 * the same kind of day (Monday to Friday, or the weekend). Weights count minutes seen.
 */
export type UsualLoad = {
  readonly bucketMinutes: number;
  readonly weekMeans: readonly number[];
  readonly weekWeights: readonly number[];
  readonly dayMeans: readonly number[];
  readonly dayWeights: readonly number[];
};

/** One minute to learn from. `weight` is 1 for an ordinary minute, less while an occasion is on air, 0 for one to leave out. */
export type UsualObservation = { readonly atMs: number; readonly value: number; readonly weight: number };

// About four weeks of memory: a bucket sees `bucketMinutes` minutes a week.
const MEMORY_WEEKS = 4;
// A week's bucket counts for as much as the kind of day once it has been seen for one whole week.
const POOLING_WEEKS = 1;
// Robustness: a single minute moves a bucket as if it were at most twice, and at least half, of what the bucket holds.
const LARGEST_RATIO = 2;
const FRIDAY = 4;

/** Nothing known yet. `bucketMinutes` divides an hour. */
export function emptyUsualLoad(bucketMinutes: number): UsualLoad {
  const week = MINUTES_PER_WEEK / bucketMinutes;
  const day = (2 * MINUTES_PER_DAY) / bucketMinutes;
  return {
    bucketMinutes,
    weekMeans: zeros(week),
    weekWeights: zeros(week),
    dayMeans: zeros(day),
    dayWeights: zeros(day),
  };
}

/** The usual load after these minutes: O(1) a minute. */
export function learnUsualLoad(usual: UsualLoad, minutes: readonly UsualObservation[], zone: ZoneOffsets): UsualLoad {
  const weekMeans = [...usual.weekMeans];
  const weekWeights = [...usual.weekWeights];
  const dayMeans = [...usual.dayMeans];
  const dayWeights = [...usual.dayWeights];
  const weekMemory = MEMORY_WEEKS * usual.bucketMinutes;
  for (const { atMs, value, weight } of minutes) {
    if (weight <= 0) continue;
    const minute = minuteOfWeek(zone, atMs);
    const bucket = Math.floor(minute / usual.bucketMinutes);
    absorb(weekMeans, weekWeights, bucket, value, weight, weekMemory);
    absorb(dayMeans, dayWeights, dayBucketOf(minute, usual.bucketMinutes), value, weight, 2 * weekMemory);
  }
  return { bucketMinutes: usual.bucketMinutes, weekMeans, weekWeights, dayMeans, dayWeights };
}

/** What this minute of the week usually carries, or undefined when neither it nor its kind of day was ever seen. */
export function usualAt(usual: UsualLoad, atMs: number, zone: ZoneOffsets): number | undefined {
  const minute = minuteOfWeek(zone, atMs);
  // Between the middles of two buckets the value is interpolated, so that a bucket's edge is no step in the plan.
  const position = (minute + 0.5) / usual.bucketMinutes - 0.5;
  const left = Math.floor(position);
  const share = position - left;
  const buckets = bucketsOf(usual);
  const count = usual.weekMeans.length;
  const before = pooledOnce(usual, buckets, (left + count) % count);
  const after = pooledOnce(usual, buckets, (left + 1) % count);
  if (before === undefined) return after;
  if (after === undefined) return before;
  return before + share * (after - before);
}

/** What buckets carry as far as they were asked for; null where neither the week's nor the day's was ever seen. */
type Buckets = (number | null)[];

const known = new WeakMap<UsualLoad, Buckets>();

function bucketsOf(usual: UsualLoad): Buckets {
  let buckets = known.get(usual);
  if (buckets === undefined) known.set(usual, (buckets = []));
  return buckets;
}

/** A bucket of the week, worked out once: an evening asks for a few of them, at every minute. */
function pooledOnce(usual: UsualLoad, buckets: Buckets, bucket: number): number | undefined {
  let value = buckets[bucket];
  if (value === undefined) buckets[bucket] = value = pooled(usual, bucket) ?? null;
  return value ?? undefined;
}

function pooled(usual: UsualLoad, bucket: number): number | undefined {
  const weekWeight = usual.weekWeights[bucket] ?? 0;
  const day = dayBucketOf(bucket * usual.bucketMinutes, usual.bucketMinutes);
  const dayWeight = usual.dayWeights[day] ?? 0;
  if (weekWeight + dayWeight === 0) return undefined;
  const pooling = dayWeight > 0 ? POOLING_WEEKS * usual.bucketMinutes : 0;
  return (pooling * (usual.dayMeans[day] ?? 0) + weekWeight * (usual.weekMeans[bucket] ?? 0)) / (pooling + weekWeight);
}

function dayBucketOf(minuteOfTheWeek: number, bucketMinutes: number): number {
  const weekend = Math.floor(minuteOfTheWeek / MINUTES_PER_DAY) > FRIDAY ? 1 : 0;
  return Math.floor((weekend * MINUTES_PER_DAY + (minuteOfTheWeek % MINUTES_PER_DAY)) / bucketMinutes);
}

function absorb(means: number[], weights: number[], bucket: number, value: number, weight: number, memory: number): void {
  const mean = means[bucket] ?? 0;
  const seen = weights[bucket] ?? 0;
  const bounded = mean > 0 ? Math.min(mean * LARGEST_RATIO, Math.max(mean / LARGEST_RATIO, value)) : value;
  const total = Math.min(memory, seen + weight);
  weights[bucket] = total;
  means[bucket] = mean + (bounded - mean) * Math.min(1, weight / total);
}

function zeros(length: number): number[] {
  return Array.from({ length }, () => 0);
}
