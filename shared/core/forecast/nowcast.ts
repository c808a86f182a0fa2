import type { LoadMinute } from "../measurement.ts";
import { MINUTE_MS } from "../time.ts";
import { ARRIVED_SHARE, LATE_START_MS } from "./air.ts";
import { median } from "./median.ts";

/** What was forecast for one past minute, taken apart: the usual load, and what the occasions add. */
export type ExpectedMinute = {
  readonly atMs: number;
  readonly usualRps: number | undefined;
  readonly occasionsRps: number;
  /** Spread of the logarithm of `occasionsRps` from the shapes alone. */
  readonly shapeSpread: number;
  /** Minutes since the latest guide start among the occasions on air; undefined when none is. */
  readonly minutesOnAir: number | undefined;
  /** Plateaus of the occasions whose crowd may be coming or leaving in it. */
  readonly turningRps: number;
};

/** How the newest measurements correct the forecast. */
export type Nowcast = {
  /** The newest known minute, or undefined when nothing recent is known: then nothing is corrected. */
  readonly newestMs: number | undefined;
  /** Today's usual load ÷ the usual load. */
  readonly level: number;
  /** Correction of ln(occasion load) for the occasions on air, and what remains uncertain; undefined when none was measured. */
  readonly amplitude: { readonly shift: number; readonly spread: number } | undefined;
  /** Load that neither the usual week nor a known occasion explains, and how fast it grows. */
  readonly surprise: { readonly rps: number; readonly growthRpsPerMinute: number } | undefined;
  /**
   * The load fell suddenly, far below what was forecast, while an occasion was on air: an outage until shown otherwise, so nothing
   * measured since lowers anything. It is remembered for `LOOK_BACK_MS`.
   */
  readonly suddenFall: boolean;
  /** The newest minute carried less than half of what is forecast for it even as corrected: no audience makes that, an outage may. */
  readonly farBelow: boolean;
};

/** How far to look back over the measurements: an outage is held through for nearly as long. */
export const LOOK_BACK_MS = 60 * MINUTE_MS;
/** Until so many minutes of an occasion were measured, the larger of forecast and nowcast holds. */
export const NOWCAST_MINUTES = 5;

const LEVEL_MINUTES = 15;
// A median of fewer minutes than this says nothing yet.
const FEWEST_LEVEL_MINUTES = 5;
// Beyond these bounds a difference is not "a busier evening" but something else: a surprise, or an outage.
const HIGHEST_LEVEL = 1.2;
const LOWEST_LEVEL = 0.85;
const AMPLITUDE_MINUTES = 10;
// Ten minutes of one evening err together: they count as three independent ones.
const INDEPENDENT_MINUTES = 3;
// Occasions that add less than this share of the usual load cannot be measured in it, nor do they disturb it.
const DROWNED_SHARE = 0.1;
// A crowd that is all but absent is taken as this share of the forecast: the logarithm of nothing has no bound.
const LEAST_SHARE = 0.02;
// Shapes and usual load are never known better than this (variance of the logarithm).
const LEAST_VARIANCE = 1e-4;
// Load is told apart from noise when it exceeds the forecast by this many spreads, and by a twentieth of the usual load.
const SURPRISE_SPREADS = 3;
const SURPRISE_SHARE = 0.05;
const SURPRISE_MINUTES = 2;
const GROWTH_MINUTES = 3;
const TURNING_CROWDS = 2;
// A surprise is extrapolated for as long as capacity needs to follow, then held, then fades.
const SURPRISE_GROWS_MINUTES = 8;
const SURPRISE_HOLDS_MINUTES = 20;
const SURPRISE_HALF_LIFE_MINUTES = 15;
// Corrections are taken to what they are worth, far below their own spread: a minute that was forecast before comes again unchanged
// while nothing happens, and need not be worked out again.
const LEVEL_GRID = 0.002;
const SHIFT_GRID = 0.01;
const SPREAD_GRID = 0.005;
// What lies on the grid stays there, whatever binary makes of it.
const ROUNDING = 1e-9;
// Today's level says little about the load hours ahead.
const LEVEL_HALF_LIFE_MINUTES = 60;
// Below half of the five minutes before it and below half of the forecast, for three minutes: no break in a programme does that.
const SUDDEN_FALL_SHARE = 0.5;
const BEFORE_FALL_MINUTES = 5;
const FALL_MINUTES = 3;

/** What a correction is made from. */
export type NowcastInput = {
  /** In the order of time. */
  readonly measured: readonly LoadMinute[];
  /** What had been forecast for a measured minute; undefined for one that is not to be looked at. */
  readonly expectedAt: (atMs: number) => ExpectedMinute | undefined;
  /** Spread of ln(fact ÷ usual load). */
  readonly usualSpread: number;
  /** Spread of ln(amplitude) of the occasions on air, before any measurement. */
  readonly amplitudeSpread: number;
};

/** The correction at `now`, from what was measured and what had been forecast for the same minutes. */
export function nowcast(input: NowcastInput): Nowcast {
  // An evening's ticks ask for little more than the last quarter of an hour; only a fall has to be looked for further back.
  const lately = pair(input, LEVEL_MINUTES);
  const newest = lately.at(-1);
  if (newest === undefined)
    return { newestMs: undefined, level: 1, amplitude: undefined, surprise: undefined, suddenFall: false, farBelow: false };
  const pairs = mayHaveFallen(newest) ? pair(input, Number.POSITIVE_INFINITY) : lately;
  const fell = fallAt(pairs);
  const believed = fell === undefined ? pairs : pairs.slice(0, fell);
  const level = levelOf(believed);
  const amplitude = amplitudeOf(believed, level, input.usualSpread, input.amplitudeSpread);
  const surprise = surpriseOf(believed, level, amplitude?.shift ?? 0, input.usualSpread);
  const { usualRps, occasionsRps } = newest.expected;
  const correctedRps = level * (usualRps ?? 0) + Math.exp(amplitude?.shift ?? 0) * occasionsRps;
  const farBelow = newest.loadRps < SUDDEN_FALL_SHARE * correctedRps;
  return { newestMs: newest.expected.atMs, level, amplitude, surprise, suddenFall: fell !== undefined, farBelow };
}

type Pair = { readonly expected: ExpectedMinute; readonly loadRps: number };

/** The newest minutes that were measured and forecast, at most so many, in the order of time. */
function pair({ measured, expectedAt }: Pick<NowcastInput, "measured" | "expectedAt">, most: number): readonly Pair[] {
  const pairs: Pair[] = [];
  for (let index = measured.length - 1; index >= 0 && pairs.length < most; index -= 1) {
    const minute = measured[index];
    const expected = minute?.kind === "known" ? expectedAt(minute.atMs) : undefined;
    if (minute?.kind === "known" && expected !== undefined) pairs.push({ expected, loadRps: minute.loadRps });
  }
  return pairs.reverse();
}

/** Whether the newest minute may be one of a sudden fall: on most evenings that settles it. */
function mayHaveFallen(newest: Pair): boolean {
  return newest.expected.minutesOnAir !== undefined && isBelow(newest, Number.POSITIVE_INFINITY);
}

/** Index of the first minute of a sudden fall that still lasts, or undefined. */
function fallAt(pairs: readonly Pair[]): number | undefined {
  const newest = pairs.at(-1);
  if (newest === undefined || !mayHaveFallen(newest)) return undefined;
  for (let first = BEFORE_FALL_MINUTES; first <= pairs.length - FALL_MINUTES; first += 1) {
    const before = median(pairs.slice(first - BEFORE_FALL_MINUTES, first).map((minute) => minute.loadRps));
    if (pairs.slice(first).every((minute) => isBelow(minute, before))) return first;
  }
  return undefined;
}

/** Whether a minute carried far less than was forecast for it, and than `beforeRps`. */
function isBelow({ expected: { usualRps, occasionsRps }, loadRps }: Pair, beforeRps: number): boolean {
  return loadRps < SUDDEN_FALL_SHARE * Math.min(beforeRps, (usualRps ?? 0) + occasionsRps);
}

function levelOf(pairs: readonly Pair[]): number {
  const ratios: number[] = [];
  for (let index = Math.max(0, pairs.length - LEVEL_MINUTES); index < pairs.length; index += 1) {
    const pair = pairs[index];
    if (pair === undefined) break;
    const { usualRps, occasionsRps } = pair.expected;
    if (usualRps !== undefined && usualRps > 0 && occasionsRps < DROWNED_SHARE * usualRps) ratios.push(pair.loadRps / usualRps);
  }
  if (ratios.length < FEWEST_LEVEL_MINUTES) return 1;
  // The usual week weighs as much as the fewest minutes.
  const share = ratios.length / (ratios.length + FEWEST_LEVEL_MINUTES);
  const log = share * Math.log(Math.min(HIGHEST_LEVEL, Math.max(LOWEST_LEVEL, median(ratios))));
  // Fast up, slow down.
  return Math.exp(log < 0 ? log / 2 : log);
}

function amplitudeOf(pairs: readonly Pair[], level: number, usualSpread: number, priorSpread: number): Nowcast["amplitude"] {
  const seen = pairs.slice(-AMPLITUDE_MINUTES).filter(({ expected }) => isSeen(expected));
  const newest = seen.at(-1);
  if (newest === undefined) return undefined;
  const logs: number[] = [];
  const variances: number[] = [];
  for (const { expected, loadRps } of seen) {
    const usual = level * (expected.usualRps ?? 0);
    const excess = Math.max(loadRps - usual, LEAST_SHARE * expected.occasionsRps);
    logs.push(Math.log(excess / expected.occasionsRps));
    variances.push(expected.shapeSpread ** 2 + ((usualSpread * usual) / expected.occasionsRps) ** 2);
  }
  const count = Math.min(seen.length, INDEPENDENT_MINUTES);
  const meanVariance = mean(variances);
  const meanLog = mean(logs);
  const measuredPrecision = count / Math.max(meanVariance, LEAST_VARIANCE);
  const priorPrecision = 1 / Math.max(priorSpread ** 2, LEAST_VARIANCE);
  const shift = (measuredPrecision * meanLog) / (measuredPrecision + priorPrecision);
  // Far fewer viewers than forecast may be a late kick-off: they are believed once that is ruled out.
  const onAir = newest.expected.minutesOnAir ?? 0;
  const early = onAir < NOWCAST_MINUTES || (shift < Math.log(ARRIVED_SHARE) && onAir < LATE_START_MS / MINUTE_MS);
  if (early && shift < 0) return { shift: 0, spread: noFiner(priorSpread) };
  return { shift: rounded(shift, SHIFT_GRID), spread: noFiner(Math.sqrt(1 / (measuredPrecision + priorPrecision))) };
}

/** Whether what the occasions add can be measured in the load of the minute. */
function isSeen({ occasionsRps, usualRps }: ExpectedMinute): boolean {
  return occasionsRps > DROWNED_SHARE * (usualRps ?? 0) && occasionsRps > 0;
}

/** A spread on its grid: never less than it is. */
function noFiner(spread: number): number {
  return Math.ceil(spread / SPREAD_GRID - ROUNDING) * SPREAD_GRID;
}

function rounded(value: number, grid: number): number {
  return Math.round(value / grid) * grid;
}

function surpriseOf(pairs: readonly Pair[], level: number, shift: number, usualSpread: number): Nowcast["surprise"] {
  const unexplained = ({ expected, loadRps }: Pair): number =>
    loadRps - level * (expected.usualRps ?? 0) - Math.exp(shift) * expected.occasionsRps;
  const newest = pairs.at(-1);
  if (newest?.expected.usualRps === undefined) return undefined;
  const now = pairs.slice(-SURPRISE_MINUTES);
  const rps = mean(now.map(unexplained));
  const band =
    Math.max(SURPRISE_SPREADS * usualSpread, SURPRISE_SHARE) * (newest.expected.usualRps + Math.exp(shift) * newest.expected.occasionsRps);
  if (rps <= band) return undefined;
  const earlier = pairs.slice(-SURPRISE_MINUTES - GROWTH_MINUTES, -GROWTH_MINUTES);
  // A crowd that comes or leaves in another way than it was forecast to is no growth, nor is one up to three times as large.
  if (earlier.length === 0 || rps <= TURNING_CROWDS * newest.expected.turningRps) return { rps, growthRpsPerMinute: 0 };
  // Over the time that really lies between them: minutes may be missing.
  const apart = (mean(now.map(({ expected }) => expected.atMs)) - mean(earlier.map(({ expected }) => expected.atMs))) / MINUTE_MS;
  return { rps, growthRpsPerMinute: Math.max(0, (rps - mean(earlier.map(unexplained))) / apart) };
}

/** Today's usual load ÷ the usual load, as it is expected to be at `atMs`: it returns to 1 the further ahead. */
export function levelAt({ level, newestMs }: Nowcast, atMs: number): number {
  if (newestMs === undefined || level === 1) return 1;
  const ahead = Math.max(0, atMs - newestMs) / MINUTE_MS;
  return rounded(level ** (0.5 ** (ahead / LEVEL_HALF_LIFE_MINUTES)), LEVEL_GRID);
}

/** The unexplained load to expect at `atMs`, in requests a second: it grows for a while as it did, holds, and fades. */
export function surpriseAt({ surprise, newestMs }: Nowcast, atMs: number): number {
  if (surprise === undefined || newestMs === undefined || atMs <= newestMs) return 0;
  const ahead = (atMs - newestMs) / MINUTE_MS;
  const grown = surprise.rps + surprise.growthRpsPerMinute * Math.min(ahead, SURPRISE_GROWS_MINUTES);
  return grown * 0.5 ** (Math.max(0, ahead - SURPRISE_HOLDS_MINUTES) / SURPRISE_HALF_LIFE_MINUTES);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
