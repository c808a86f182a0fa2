import type { LoadMinute } from "../measurement.ts";
import { MINUTE_MS } from "../time.ts";
import { median } from "./air.ts";

/** What was forecast for one past minute, taken apart: the usual load, and what the occasions add. */
export type ExpectedMinute = {
  readonly atMs: number;
  readonly usualRps: number | undefined;
  readonly occasionsRps: number;
  /** Spread of the logarithm of `occasionsRps` from the shapes alone. */
  readonly shapeSpread: number;
  /** Minutes since the latest guide start among the occasions on air; undefined when none is. */
  readonly minutesOnAir: number | undefined;
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
  /** The load fell suddenly while an occasion was on air: an outage until shown otherwise, so nothing is lowered. */
  readonly suddenFall: boolean;
};

/** Minutes of measurements to look back over. */
export const LOOK_BACK_MS = 30 * MINUTE_MS;

const LEVEL_MINUTES = 15;
// Beyond these bounds a difference is not "a busier evening" but something else: a surprise, or an outage.
const HIGHEST_LEVEL = 1.2;
const LOWEST_LEVEL = 0.85;
const AMPLITUDE_MINUTES = 10;
// Ten minutes of one evening err together: they count as three independent ones.
const INDEPENDENT_MINUTES = 3;
// Until so much of an occasion was measured, the larger of forecast and nowcast holds.
const NOWCAST_MINUTES = 5;
// Far fewer viewers than forecast may be a late kick-off: only after so long on air is it believed.
const LATE_START_MINUTES = 20;
const LATE_START_SHARE = 0.5;
// Load is told apart from noise when it exceeds the forecast by this many spreads, and by a twentieth of the usual load.
const SURPRISE_SPREADS = 3;
const SURPRISE_SHARE = 0.05;
const GROWTH_MINUTES = 3;
const SUDDEN_FALL_SHARE = 0.5;

/** The correction at `now`, from what was measured and what had been forecast for the same minutes. */
export function nowcast(input: {
  readonly measured: readonly LoadMinute[];
  readonly expected: readonly ExpectedMinute[];
  /** Spread of ln(fact ÷ usual load). */
  readonly usualSpread: number;
  /** Spread of ln(amplitude) of the occasions on air, before any measurement. */
  readonly amplitudeSpread: number;
}): Nowcast {
  const pairs = pair(input.measured, input.expected);
  const newest = pairs.at(-1);
  if (newest === undefined) return { newestMs: undefined, level: 1, amplitude: undefined, surprise: undefined, suddenFall: false };
  const fell = fallAt(pairs);
  const believed = fell === undefined ? pairs : pairs.slice(0, fell);
  const level = levelOf(believed);
  const amplitude = amplitudeOf(believed, level, input.usualSpread, input.amplitudeSpread);
  const surprise = surpriseOf(believed, level, amplitude?.shift ?? 0, input.usualSpread);
  return { newestMs: newest.atMs, level, amplitude, surprise, suddenFall: fell !== undefined };
}

type Pair = ExpectedMinute & { readonly loadRps: number };

function pair(measured: readonly LoadMinute[], expected: readonly ExpectedMinute[]): readonly Pair[] {
  const byMinute = new Map(expected.map((minute) => [minute.atMs, minute]));
  const pairs: Pair[] = [];
  for (const minute of measured) {
    const forecast = byMinute.get(minute.atMs);
    if (minute.kind === "known" && forecast !== undefined) pairs.push({ ...forecast, loadRps: minute.loadRps });
  }
  return pairs;
}

/** Index of the first minute of a sudden fall that still lasts, or undefined. */
function fallAt(pairs: readonly Pair[]): number | undefined {
  if (pairs.length < 8 || pairs.at(-1)?.minutesOnAir === undefined) return undefined;
  const before = median(pairs.slice(-8, -3).map((minute) => minute.loadRps));
  const first = pairs.length - 3;
  return pairs.slice(first).every((minute) => minute.loadRps < SUDDEN_FALL_SHARE * before) ? first : undefined;
}

function levelOf(pairs: readonly Pair[]): number {
  const ratios = pairs
    .slice(-LEVEL_MINUTES)
    .flatMap((minute) =>
      minute.usualRps !== undefined && minute.usualRps > 0 && minute.occasionsRps < 0.1 * minute.usualRps
        ? [minute.loadRps / minute.usualRps]
        : [],
    );
  if (ratios.length < 5) return 1;
  const log = Math.log(Math.min(HIGHEST_LEVEL, Math.max(LOWEST_LEVEL, median(ratios)))) * (ratios.length / (ratios.length + 5));
  // Fast up, slow down.
  return Math.exp(log < 0 ? log / 2 : log);
}

function amplitudeOf(pairs: readonly Pair[], level: number, usualSpread: number, priorSpread: number): Nowcast["amplitude"] {
  const seen = pairs
    .slice(-AMPLITUDE_MINUTES)
    .filter((minute) => minute.occasionsRps > 0.1 * (minute.usualRps ?? 0) && minute.occasionsRps > 0);
  const newest = seen.at(-1);
  if (newest === undefined) return undefined;
  const observations = seen.map((minute) => {
    const usual = level * (minute.usualRps ?? 0);
    const excess = Math.max(minute.loadRps - usual, 0.02 * minute.occasionsRps);
    return {
      log: Math.log(excess / minute.occasionsRps),
      variance: minute.shapeSpread ** 2 + ((usualSpread * usual) / minute.occasionsRps) ** 2,
    };
  });
  const count = Math.min(observations.length, INDEPENDENT_MINUTES);
  const meanVariance = observations.reduce((sum, o) => sum + o.variance, 0) / observations.length;
  const meanLog = observations.reduce((sum, o) => sum + o.log, 0) / observations.length;
  const measuredPrecision = count / Math.max(meanVariance, 1e-4);
  const priorPrecision = 1 / Math.max(priorSpread ** 2, 1e-4);
  const shift = (measuredPrecision * meanLog) / (measuredPrecision + priorPrecision);
  const onAir = newest.minutesOnAir ?? 0;
  const early = onAir < NOWCAST_MINUTES || (shift < Math.log(LATE_START_SHARE) && onAir < LATE_START_MINUTES);
  if (early && shift < 0) return { shift: 0, spread: priorSpread };
  return { shift, spread: Math.sqrt(1 / (measuredPrecision + priorPrecision)) };
}

function surpriseOf(pairs: readonly Pair[], level: number, shift: number, usualSpread: number): Nowcast["surprise"] {
  const unexplained = (minute: Pair): number => minute.loadRps - level * (minute.usualRps ?? 0) - Math.exp(shift) * minute.occasionsRps;
  const newest = pairs.at(-1);
  if (newest === undefined || newest.usualRps === undefined) return undefined;
  const rps = mean(pairs.slice(-2).map(unexplained));
  const band = Math.max(SURPRISE_SPREADS * usualSpread, SURPRISE_SHARE) * (newest.usualRps + Math.exp(shift) * newest.occasionsRps);
  if (rps <= band) return undefined;
  const earlier = pairs.slice(-2 - GROWTH_MINUTES, -GROWTH_MINUTES);
  const growth = earlier.length === 0 ? 0 : (rps - mean(earlier.map(unexplained))) / GROWTH_MINUTES;
  return { rps, growthRpsPerMinute: Math.max(0, growth) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
