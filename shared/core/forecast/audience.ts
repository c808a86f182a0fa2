import type { Expectation } from "../schedule/expectation.ts";
import type { Occasion } from "../schedule/occasion.ts";
import { HOUR_MS, MINUTE_MS, MINUTES_PER_DAY, minuteOfWeek, type ZoneOffsets } from "../time.ts";

/**
 * What is known of one group of broadcasts: mean and sum of squares of the stretched audience (below), and how many were seen,
 * old ones fading.
 */
type AudienceLevel = {
  readonly count: number;
  readonly mean: number;
  readonly squares: number;
  /** Until when it was seen, where it is news of one evening only. */
  readonly atMs?: number;
};

/**
 * The groups, by key: `all`, then ever narrower ones; weekdays of a series, how far episodes of all series lie from their forecasts, and how
 * tonight goes for a channel.
 */
export type AudienceLevels = Readonly<Record<string, AudienceLevel>>;

/** Viewers above the slot's usual, as a distribution; or that nothing below the level `all` was ever observed. */
export type AudienceForecast =
  | {
      readonly kind: "known";
      /** Mean and variance of the stretched audience. */
      readonly mean: number;
      readonly variance: number;
      readonly basis: "expectation" | "measured";
      /** Earlier broadcasts of its own series were measured: it does not rest on its channel alone. */
      readonly seriesSeen: boolean;
    }
  | { readonly kind: "unknown" };

// Viewers are signed and span five decades. asinh(viewers ÷ 1000) is linear up to about a thousand viewers and logarithmic
// beyond: a spread of 0.2 there means ±20 %.
/** Viewers at which `stretched` passes from differences to ratios. */
export const SCALE_VIEWERS = 1_000;

/** Viewers above usual, stretched so that small ones are compared by difference and large ones by ratio. */
export function stretched(viewers: number): number {
  return Math.asinh(viewers / SCALE_VIEWERS);
}

/** The inverse of `stretched`. */
export function unstretched(value: number): number {
  return Math.sinh(value) * SCALE_VIEWERS;
}

// Before anything was seen: a programme may draw anything up to some ten thousand viewers more or fewer than usual.
const PRIOR: AudienceLevel = { count: 0, mean: 0, squares: 0 };
const PRIOR_VARIANCE = 3 ** 2;
// A prior weighs as much as two broadcasts.
const PRIOR_BROADCASTS = 2;
// Ordinary programmes differ from their slot's usual audience by some hundred viewers: what a surprise is measured against at first.
const ORDINARY_VARIANCE = 0.5 ** 2;
// How many broadcasts of its own a group needs before it counts as much as the wider group above it. Channels and day parts
// differ little among their programmes' *extra* audience; a series is nearly all of what its next episode is.
const POOLING = { channel: 2, slot: 2, genre: 2 } as const;
const SERIES_POOLING = 0.05;
// Until any series has shown it, episodes differ by some ±30 %, however much the programmes of their channel do; that weighs five of them. What
// all series have shown weighs two episodes of one: few series have seen a night yet that flops, or draws twice as many.
const SERIES_VARIANCE = 0.3 ** 2;
const SERIES_VARIANCE_EPISODES = 5;
const PRIOR_EPISODES = 2;
const MEMORY_ALL_EPISODES = 100;
// To what it is worth: most broadcasts that are over leave it where it is, and then nothing of the other series need be worked out again.
const SPREAD_GRID = 0.02;
// Seasons pass: a group remembers about as many broadcasts as this.
const MEMORY_BROADCASTS = 20;
// A series changes faster than its channel: its mean follows its last eight episodes or so. Monday's episodes differ from Friday's: a
// weekday's difference begins as if two episodes had shown none, and follows the last eight or so of that weekday.
const MEMORY_EPISODES = 8;
const WEEKDAY_EPISODES = 2;
// One broadcast moves a channel or a day part as if it lay at most this many standard deviations from what they had drawn: a final is
// no news about the programmes after it. So it is for a series: one flop says little of what the next episode may draw at most.
const LARGEST_SURPRISE = 3;
const SETTLED_EPISODES = 5;
// What makes an episode large tonight (weather, a big story, no game elsewhere) stays for the next programmes of its channel: two fifths of how
// far it lay off, in standard deviations and at most two of them. It is forgotten before the evening is over. More than three too few are no
// evening that goes badly but an outage, or another programme.
const EVENING_SHARE = 0.4;
const EVENING_SURPRISE = 2;
const EVENING_OUTAGE = 3;
const EVENING_MS = 3 * HOUR_MS;
// An operator's plain number, without an interval, is taken to be right within ±20 % two times in three.
const EXPECTATION_SPREAD = 0.2;
// 90 % of a normal distribution lies within this many standard deviations.
const NINETY_PERCENT = 1.645;

/** A measured broadcast as it is kept until the groups it belongs to learn from it. `viewers` are above the slot's usual. */
export type MeasuredBroadcast = { readonly groups: readonly string[]; readonly viewers: number; readonly censored: boolean };

type Group = { readonly key: string; readonly pooling: number };

/** The groups that an occasion belongs to, widest first, `all` and its series left out. A simulcast counts for the channel of its first slot. */
function nestedGroups(occasion: Occasion, zone: ZoneOffsets): readonly Group[] {
  const channel = channelOf(occasion);
  const slot = dayPartOf(occasion.startsAtMs, zone);
  const groups: Group[] = [
    { key: `channel/${channel}`, pooling: POOLING.channel },
    { key: `channel/${channel}/${slot}`, pooling: POOLING.slot },
  ];
  if (occasion.category !== undefined) groups.push({ key: `channel/${channel}/${slot}/${occasion.category}`, pooling: POOLING.genre });
  return groups;
}

/** Keys of the groups that a broadcast teaches besides its series, widest first. */
export function groupsOf(occasion: Occasion, zone: ZoneOffsets): readonly string[] {
  return [ALL, ...nestedGroups(occasion, zone).map(({ key }) => key)];
}

const ALL = "all";
/** How far episodes lie from what was forecast of them, over all series. */
const EPISODES = "episodes";

/** "News" is another series on another channel. */
function seriesOf(occasion: Occasion): string {
  return `series/${channelOf(occasion)}/${occasion.seriesKey}`;
}

function weekdayOf(occasion: Occasion, zone: ZoneOffsets): string {
  return `${seriesOf(occasion)}/day-${Math.floor(minuteOfWeek(zone, occasion.startsAtMs) / MINUTES_PER_DAY) + 1}`;
}

function eveningOf(occasion: Occasion): string {
  return `evening/${channelOf(occasion)}`;
}

function channelOf(occasion: Occasion): string {
  return occasion.programmes[0]?.channelId ?? "";
}

function dayPartOf(atMs: number, zone: ZoneOffsets): string {
  const minute = minuteOfWeek(zone, atMs);
  const hour = (minute % MINUTES_PER_DAY) / 60;
  const day = minute / MINUTES_PER_DAY >= 5 ? "weekend" : "weekday";
  const part = hour < 6 ? "night" : hour < 12 ? "morning" : hour < 17 ? "afternoon" : hour < 23 ? "evening" : "night";
  return `${day}-${part}`;
}

type Remembered = { readonly zone: ZoneOffsets; readonly byOccasion: WeakMap<Occasion, AudienceForecast> };

// Every target and every step of a tick asks for the same occasions under the same levels.
const remembered = new WeakMap<AudienceLevels, Remembered>();

/** How many viewers above the slot's usual this occasion will draw: partial pooling from `all` down to its series, then the expectation. */
export function forecastAudience(levels: AudienceLevels, occasion: Occasion, zone: ZoneOffsets): AudienceForecast {
  let known = remembered.get(levels);
  if (known === undefined || known.zone !== zone) remembered.set(levels, (known = { zone, byOccasion: new WeakMap() }));
  const before = known.byOccasion.get(occasion);
  if (before !== undefined) return before;
  const forecast = pooledAudience(levels, occasion, zone);
  known.byOccasion.set(occasion, forecast);
  return forecast;
}

function pooledAudience(levels: AudienceLevels, occasion: Occasion, zone: ZoneOffsets): AudienceForecast {
  const all = levels[ALL] ?? PRIOR;
  let mean = all.mean;
  let variance = (PRIOR_BROADCASTS * PRIOR_VARIANCE + all.squares) / (PRIOR_BROADCASTS + all.count);
  let observed = false;
  for (const { key, pooling } of nestedGroups(occasion, zone)) {
    const level = levels[key];
    if (level === undefined || level.count === 0) continue;
    observed = true;
    const spread = (PRIOR_BROADCASTS * variance + level.squares) / (PRIOR_BROADCASTS + level.count);
    mean = pooled(mean, pooling, level);
    variance = spread * (1 + 1 / (pooling + level.count));
  }
  const series = levels[seriesOf(occasion)];
  const seriesSeen = series !== undefined && series.count > 0;
  if (seriesSeen) {
    mean = pooled(mean, SERIES_POOLING, series) + (levels[weekdayOf(occasion, zone)]?.mean ?? 0);
    variance = seriesVariance(levels, series);
    if (isSettled(series)) mean += eveningShift(levels[eveningOf(occasion)], occasion) * Math.sqrt(variance);
  }
  if (occasion.expectation !== undefined) return { ...withExpectation(mean, variance, occasion.expectation), seriesSeen };
  return observed || seriesSeen ? { kind: "known", mean, variance, basis: "measured", seriesSeen } : { kind: "unknown" };
}

function pooled(wider: number, pooling: number, { count, mean }: AudienceLevel): number {
  return (pooling * wider + count * mean) / (pooling + count);
}

/** The expectation enters as one observation with its own precision. */
function withExpectation(
  mean: number,
  variance: number,
  expectation: Expectation,
): { readonly kind: "known"; readonly mean: number; readonly variance: number; readonly basis: "expectation" } {
  const said = stretched(expectation.viewers);
  const spread =
    expectation.interval === undefined
      ? EXPECTATION_SPREAD
      : Math.max(0.01, (stretched(expectation.interval.upper) - stretched(expectation.interval.lower)) / (2 * NINETY_PERCENT));
  // Somebody who names a number far from what the channel usually draws says that tonight is not usual: the further off, the less
  // the usual counts (the weight that a Cauchy prior would give it).
  const distance = (said - mean) ** 2 / variance;
  const usualPrecision = 1 / (variance * (1 + distance));
  const saidPrecision = 1 / spread ** 2;
  const precision = usualPrecision + saidPrecision;
  return { kind: "known", mean: (usualPrecision * mean + saidPrecision * said) / precision, variance: 1 / precision, basis: "expectation" };
}

/** Whether enough episodes were seen to tell a surprise from chance. */
function isSettled(series: AudienceLevel | undefined): series is AudienceLevel {
  return series !== undefined && series.count >= SETTLED_EPISODES;
}

/** What the evening so far says of an occasion, in standard deviations. A programme's own note says nothing of itself: it ends later. */
function eveningShift(evening: AudienceLevel | undefined, { startsAtMs }: Occasion): number {
  if (evening?.atMs === undefined || evening.atMs >= startsAtMs + SHORTEST_BROADCAST_MS || evening.atMs < startsAtMs - EVENING_MS) return 0;
  return EVENING_SHARE * evening.mean;
}

/**
 * The levels after one more episode of its series. A `censored` measurement (capacity was short, so some viewers were turned away) may
 * raise an estimate but never lower it. O(1).
 */
export function learnSeries(
  levels: AudienceLevels,
  occasion: Occasion,
  { viewers, censored }: { readonly viewers: number; readonly censored: boolean },
  zone: ZoneOffsets,
): AudienceLevels {
  const key = seriesOf(occasion);
  const level = levels[key] ?? saidOf(occasion);
  const value = stretched(viewers);
  if (level === undefined) return { ...levels, [key]: { count: 1, mean: value, squares: 0 } };
  const weekdayKey = weekdayOf(occasion, zone);
  const weekday = levels[weekdayKey] ?? PRIOR;
  const off = value - level.mean - weekday.mean;
  if (censored && off < 0) return { ...levels, [key]: level };
  const reach = LARGEST_SURPRISE * Math.sqrt(isSettled(level) ? seriesVariance(levels, level) : SERIES_VARIANCE);
  const surprise = Math.min(reach, Math.max(-reach, off));
  const kept = Math.min(level.count, MEMORY_BROADCASTS - 1);
  const step = surprise / Math.min(kept + 1, MEMORY_EPISODES);
  const square = surprise * (surprise - step);
  const seen = Math.min(weekday.count, MEMORY_EPISODES - 1);
  // Of `count` episodes all but the first were forecast.
  const fade = level.count > 1 ? (kept - 1) / (level.count - 1) : 1;
  return {
    ...levels,
    [key]: { count: kept + 1, mean: level.mean + step, squares: level.squares * fade + square },
    [EPISODES]: withEpisode(levels[EPISODES] ?? PRIOR, square),
    [weekdayKey]: { count: seen + 1, mean: weekday.mean + surprise / (WEEKDAY_EPISODES + seen + 1), squares: 0 },
  };
}

/** What a person said of a series that nobody has seen counts as an episode of it: one flop is then told from a small series. */
function saidOf({ expectation }: Occasion): AudienceLevel | undefined {
  return expectation === undefined ? undefined : { count: 1, mean: stretched(expectation.viewers), squares: 0 };
}

/** How far episodes of any series lie from what was forecast of them, after one more. */
function withEpisode({ count, squares }: AudienceLevel, square: number): AudienceLevel {
  const kept = Math.min(count, MEMORY_ALL_EPISODES - 1);
  return { count: kept + 1, mean: 0, squares: (count > 0 ? squares * (kept / count) : 0) + square };
}

/** How far episodes lie from what was forecast of them. The first was not forecast; after one, its own chance is in what all series show. */
function seriesVariance(levels: AudienceLevels, { count, squares }: AudienceLevel): number {
  const all = levels[EPISODES] ?? PRIOR;
  const usual = Math.sqrt((SERIES_VARIANCE_EPISODES * SERIES_VARIANCE + all.squares) / (SERIES_VARIANCE_EPISODES + all.count));
  const onGrid = Math.round(usual / SPREAD_GRID) * SPREAD_GRID;
  return (PRIOR_EPISODES * onGrid ** 2 + squares) / (PRIOR_EPISODES + count - 1);
}

/**
 * The levels knowing how an episode of a settled series does tonight, for the programmes that its channel shows after it; the same object
 * where that says nothing.
 */
export function learnEvening(levels: AudienceLevels, occasion: Occasion, viewers: number, zone: ZoneOffsets): AudienceLevels {
  const series = levels[seriesOf(occasion)];
  if (!isSettled(series) || !tellsOfEvening(levels, occasion)) return levels;
  const usual = series.mean + (levels[weekdayOf(occasion, zone)]?.mean ?? 0);
  const off = (stretched(viewers) - usual) / Math.sqrt(seriesVariance(levels, series));
  if (off < -EVENING_OUTAGE) return levels;
  const mean = Math.min(EVENING_SURPRISE, Math.max(-EVENING_SURPRISE, off));
  return { ...levels, [eveningOf(occasion)]: { count: 1, mean, squares: 0, atMs: occasion.endsAtMs } };
}

/** Whether an episode may say how its channel does tonight: its series is settled, and it has not been noted yet. */
export function tellsOfEvening(levels: AudienceLevels, occasion: Occasion): boolean {
  return isSettled(levels[seriesOf(occasion)]) && levels[eveningOf(occasion)]?.atMs !== occasion.endsAtMs;
}

/**
 * The levels after a day's broadcasts, in the order in which they were on air. Groups learn from whole days: on the evening of a surprise
 * its channel would otherwise stand for nothing but the surprise.
 */
export function learnGroups(levels: AudienceLevels, day: readonly MeasuredBroadcast[]): AudienceLevels {
  let next = levels;
  for (const broadcast of day) for (const key of broadcast.groups) next = absorbed(next, key, broadcast);
  return next;
}

function absorbed(
  levels: AudienceLevels,
  key: string,
  { viewers, censored }: { readonly viewers: number; readonly censored: boolean },
): AudienceLevels {
  const level = levels[key] ?? PRIOR;
  const value = stretched(viewers);
  return censored && level.count > 0 && value < level.mean ? levels : { ...levels, [key]: absorb(level, value) };
}

function absorb(level: AudienceLevel, value: number): AudienceLevel {
  const kept = Math.min(level.count, MEMORY_BROADCASTS - 1);
  const fade = level.count > 0 ? kept / level.count : 0;
  const variance = (PRIOR_BROADCASTS * ORDINARY_VARIANCE + level.squares) / (PRIOR_BROADCASTS + level.count);
  const reach = LARGEST_SURPRISE * Math.sqrt(variance);
  const surprise = Math.min(reach, Math.max(-reach, value - level.mean));
  const count = kept + 1;
  const step = surprise / count;
  // Welford's update, with old broadcasts faded first.
  return { count, mean: level.mean + step, squares: level.squares * fade + surprise * (surprise - step) };
}

/** A broadcast shorter than this says nothing about an audience: trailers, idents. */
export const SHORTEST_BROADCAST_MS = 5 * MINUTE_MS;
