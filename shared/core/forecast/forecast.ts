import type { LoadMinute } from "../measurement.ts";
import type { Occasion } from "../schedule/occasion.ts";
import type { Target } from "../target.ts";
import { MINUTE_MS, type ZoneOffsets } from "../time.ts";
import { timingOf, type Air } from "./air.ts";
import { stretched, unstretched } from "./audience.ts";
import { impactOf, type Impact, type ImpactThreshold } from "./impact.ts";
import { firstTargetUsual, reachOf, type Model } from "./model.ts";
import { LOOK_BACK_MS, nowcast, type ExpectedMinute, type Nowcast } from "./nowcast.ts";
import { residualQuantiles, residualSpread } from "./residuals.ts";
import { normalSamples, SAMPLE_COUNT, uniformSamples } from "./samples.ts";
import { shapeAt, type Timing } from "./shape.ts";
import { usualAt } from "./usual-load.ts";

/** An occasion and where it stands. */
export type Aired = { readonly occasion: Occasion; readonly air: Air };

/** What one occasion is expected to add in one minute. */
export type Contribution = { readonly occasionId: string; readonly medianRps: number };

/** The forecast of one minute, in requests a second. */
export type ForecastMinute =
  | {
      readonly kind: "known";
      readonly atMs: number;
      /** The usual load as corrected by today's level; undefined when this part of the week was never seen. */
      readonly usualRps: number | undefined;
      readonly medianRps: number;
      /** 90 % interval. */
      readonly lowerRps: number;
      readonly upperRps: number;
      /** The smallest capacity whose expected unserved share stays within the budget. */
      readonly tailRps: number;
      readonly contributions: readonly Contribution[];
      /** Of the median, load that only the newest measurements explain. */
      readonly surpriseRps: number;
    }
  | { readonly kind: "unknown"; readonly atMs: number; readonly reason: string };

/** The forecast of one target, and the correction it rests on. */
export type Forecast = { readonly targetId: string; readonly minutes: readonly ForecastMinute[]; readonly nowcast: Nowcast };

export type ForecastInput = {
  readonly model: Model;
  readonly target: Target;
  readonly occasions: readonly Aired[];
  /** The newest measurements, at least `LOOK_BACK_MS` of them where there are so many. */
  readonly recent: readonly LoadMinute[];
  readonly zone: ZoneOffsets;
  readonly now: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly threshold: ImpactThreshold;
  /** Requests per million that may be left unserved, in expectation. */
  readonly unservedPerMillion: number;
};

type Term = {
  readonly occasionId: string;
  readonly timing: Timing;
  readonly impact: Extract<Impact, { kind: "above" | "below" }>;
  readonly amplitudes: readonly number[];
  readonly shapeNoise: readonly number[];
};

const UNIFORM = Array.from({ length: SAMPLE_COUNT }, (_, i) => (i + 0.5) / SAMPLE_COUNT);
// A surprise is extrapolated for as long as capacity needs to follow, then held, then fades.
const SURPRISE_GROWS_MINUTES = 8;
const SURPRISE_HOLDS_MINUTES = 20;
const SURPRISE_HALF_LIFE_MINUTES = 15;
const SURPRISE_SPREAD = 0.15;
// Today's level says little about the load hours ahead.
const LEVEL_HALF_LIFE_MINUTES = 60;
// The learned reach bounds a sum of known audiences only once it rests on so many broadcasts.
const REACH_BROADCASTS = 20;

/** Load of one target for each minute of [fromMs, toMs): usual load, occasions above the threshold, corrected by the newest measurements. */
export function forecastLoad(input: ForecastInput): Forecast {
  const { model, target, zone, now } = input;
  const usual = model.targets[target.id] ?? firstTargetUsual();
  const relevant = relevantTerms(input);
  const expected = expectedMinutes(relevant, (atMs) => usualAt(usual.load, atMs, zone), now);
  const usualSpread = residualSpread(usual.residuals);
  const onAir = relevant.filter((term) => term.timing.startsAtMs - LOOK_BACK_MS <= now && term.timing.endsAtMs + LOOK_BACK_MS > now);
  const correction = nowcast({
    measured: input.recent,
    expected,
    usualSpread,
    amplitudeSpread: Math.max(0, ...onAir.map((term) => term.impact.spread)),
  });
  const terms = relevant.map((term) => (onAir.includes(term) ? corrected(term, correction) : term));
  const residuals = residualQuantiles(usual.residuals, UNIFORM);
  const residualOrder = uniformSamples("usual").map((p) => residuals[Math.floor(p * SAMPLE_COUNT)] ?? 1);
  const surpriseNoise = normalSamples("surprise").map((z) => Math.exp(SURPRISE_SPREAD * z));
  const budget = input.unservedPerMillion / 1e6;
  const calm = summarise(Float64Array.from(residuals), budget);
  const reachViewers = model.learned.reach.broadcasts >= REACH_BROADCASTS ? reachOf(model.learned) : Number.POSITIVE_INFINITY;

  const minutes: ForecastMinute[] = [];
  for (let atMs = input.fromMs; atMs < input.toMs; atMs += MINUTE_MS) {
    const usualNow = usualAt(usual.load, atMs, zone);
    const active = terms.flatMap((term) => {
      const { multiple, spread } = shapeAt(term.impact.shape, term.timing, atMs);
      return multiple > 0 ? [{ term, multiple, spread }] : [];
    });
    const surpriseRps = surpriseAt(correction, atMs);
    if (usualNow === undefined && active.length === 0) {
      minutes.push({ kind: "unknown", atMs, reason: "this part of the week was never measured and no known occasion is on air" });
      continue;
    }
    const usualRps = (usualNow ?? 0) * levelAt(correction, atMs);
    const usualKnown = usualNow === undefined ? undefined : usualRps;
    if (active.length === 0 && surpriseRps === 0) {
      minutes.push({
        kind: "known",
        atMs,
        usualRps: usualKnown,
        medianRps: usualRps * calm.median,
        lowerRps: usualRps * calm.lower,
        upperRps: usualRps * calm.upper,
        tailRps: usualRps * calm.tail,
        contributions: [],
        surpriseRps: 0,
      });
      continue;
    }
    const samples = new Float64Array(SAMPLE_COUNT);
    for (let i = 0; i < SAMPLE_COUNT; i += 1) {
      let added = 0;
      let largest = 0;
      for (const { term, multiple, spread } of active) {
        const load = (term.amplitudes[i] ?? 0) * multiple * Math.exp(spread * (term.shapeNoise[i] ?? 0));
        added += load;
        largest = Math.max(largest, load, reachViewers * term.impact.loadPerViewerRps * multiple);
      }
      // Overlapping occasions share one audience: their sum stays within reach, but never below the largest of them.
      if (active.length > 1) added = Math.min(added, largest);
      samples[i] = Math.max(0, usualRps * (residualOrder[i] ?? 1) + added + surpriseRps * (surpriseNoise[i] ?? 1));
    }
    const summary = summarise(samples, budget);
    minutes.push({
      kind: "known",
      atMs,
      usualRps: usualKnown,
      medianRps: summary.median,
      lowerRps: summary.lower,
      upperRps: summary.upper,
      tailRps: summary.tail,
      contributions: active.map(({ term, multiple }) => ({ occasionId: term.occasionId, medianRps: medianAmplitude(term) * multiple })),
      surpriseRps,
    });
  }
  return { targetId: target.id, minutes, nowcast: correction };
}

function relevantTerms(input: ForecastInput): readonly Term[] {
  const { model, target, zone, threshold, now } = input;
  const terms: Term[] = [];
  for (const { occasion, air } of input.occasions) {
    const impact = impactOf({ model, target, occasion, zone, threshold });
    if (impact.kind !== "above") continue;
    terms.push({
      occasionId: occasion.id,
      timing: timingOf(occasion, air, now),
      impact,
      amplitudes: amplitudesOf(occasion.id, impact),
      shapeNoise: normalSamples(`shape/${occasion.id}`),
    });
  }
  return terms;
}

function amplitudesOf(occasionId: string, impact: Term["impact"]): readonly number[] {
  return normalSamples(`audience/${occasionId}`).map(
    (z) => Math.min(impact.mostViewers, unstretched(impact.mean + impact.spread * z)) * impact.loadPerViewerRps,
  );
}

/** What was forecast for the minutes that have just been measured. */
function expectedMinutes(terms: readonly Term[], usualAtMs: (atMs: number) => number | undefined, now: number): readonly ExpectedMinute[] {
  const minutes: ExpectedMinute[] = [];
  const from = Math.floor((now - LOOK_BACK_MS) / MINUTE_MS) * MINUTE_MS;
  for (let atMs = from; atMs < now; atMs += MINUTE_MS) {
    let occasionsRps = 0;
    let variance = 0;
    let minutesOnAir: number | undefined;
    for (const term of terms) {
      const { multiple, spread } = shapeAt(term.impact.shape, term.timing, atMs);
      const load = medianAmplitude(term) * multiple;
      occasionsRps += load;
      variance += (spread * load) ** 2;
      if (atMs >= term.timing.startsAtMs && atMs < term.timing.endsAtMs) {
        const since = (atMs - term.timing.startsAtMs) / MINUTE_MS;
        minutesOnAir = minutesOnAir === undefined ? since : Math.min(minutesOnAir, since);
      }
    }
    const shapeSpread = occasionsRps > 0 ? Math.sqrt(variance) / occasionsRps : 0;
    minutes.push({ atMs, usualRps: usualAtMs(atMs), occasionsRps, shapeSpread, minutesOnAir });
  }
  return minutes;
}

function medianAmplitude(term: Term): number {
  return Math.max(0, unstretched(term.impact.mean) * term.impact.loadPerViewerRps);
}

/** The term as the measurements leave it: the amplitude moved, what is still uncertain narrowed. */
function corrected(term: Term, correction: Nowcast): Term {
  if (correction.amplitude === undefined) return term;
  const { shift, spread } = correction.amplitude;
  const mean = stretched(unstretched(term.impact.mean) * Math.exp(shift));
  const impact = { ...term.impact, mean, spread };
  return { ...term, impact, amplitudes: amplitudesOf(term.occasionId, impact) };
}

function levelAt(correction: Nowcast, atMs: number): number {
  if (correction.newestMs === undefined) return 1;
  const ahead = Math.max(0, atMs - correction.newestMs) / MINUTE_MS;
  return Math.exp(Math.log(correction.level) * 0.5 ** (ahead / LEVEL_HALF_LIFE_MINUTES));
}

function surpriseAt(correction: Nowcast, atMs: number): number {
  const { surprise, newestMs } = correction;
  if (surprise === undefined || newestMs === undefined || atMs <= newestMs) return 0;
  const ahead = (atMs - newestMs) / MINUTE_MS;
  const grown = surprise.rps + surprise.growthRpsPerMinute * Math.min(ahead, SURPRISE_GROWS_MINUTES);
  return grown * 0.5 ** (Math.max(0, ahead - SURPRISE_HOLDS_MINUTES) / SURPRISE_HALF_LIFE_MINUTES);
}

type Summary = { readonly median: number; readonly lower: number; readonly upper: number; readonly tail: number };

function summarise(samples: Float64Array, budget: number): Summary {
  const sorted = samples.sort();
  const at = (p: number): number => sorted[Math.floor(p * SAMPLE_COUNT)] ?? 0;
  return { median: at(0.5), lower: at(0.05), upper: at(0.95), tail: tailOf(sorted, budget) };
}

/**
 * The smallest capacity c with E[(L − c)⁺] ≤ budget · E[L], from ascending samples. With 200 samples a budget of ten per million
 * lies at their largest: what is rarer than one in two hundred is not seen here.
 */
export function tailOf(sorted: Float64Array, budget: number): number {
  let sum = 0;
  for (const value of sorted) sum += value;
  const allowed = budget * sum;
  let above = 0;
  for (let count = 1; count <= sorted.length; count += 1) {
    above += sorted[sorted.length - count] ?? 0;
    const capacity = (above - allowed) / count;
    if (count === sorted.length || capacity >= (sorted[sorted.length - count - 1] ?? 0)) return Math.max(0, capacity);
  }
  return 0;
}
