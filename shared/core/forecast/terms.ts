import type { Occasion } from "../schedule/occasion.ts";
import type { Target } from "../target.ts";
import { MINUTE_MS, type ZoneOffsets } from "../time.ts";
import { lateTimingOf, timingOf, type Air } from "./air.ts";
import { SCALE_VIEWERS, stretched, unstretched } from "./audience.ts";
import { impactOf, type Impact, type ImpactThreshold } from "./impact.ts";
import type { Model } from "./model.ts";
import { NOWCAST_MINUTES, type Nowcast } from "./nowcast.ts";
import { orderOf, SAMPLE_COUNT, spreadPoints } from "./samples.ts";
import { ARRIVAL_MS, DECAY_MS, shapeAt, type Shape, type Timing } from "./shape.ts";

/** An occasion and where it stands; what it does to each target where that was worked out before, by target id. */
export type Aired = { readonly occasion: Occasion; readonly air: Air; readonly impacts?: ReadonlyMap<string, Impact> };

/** What one occasion above the threshold adds to one target: a plateau that is not sure, times a shape that is not sure. */
export type Term = {
  readonly occasionId: string;
  readonly timing: Timing;
  /** As if the crowd that has not been seen yet began to come now; undefined when it is there, or is no longer waited for. */
  readonly lateTiming: Timing | undefined;
  readonly shape: Shape;
  readonly loadPerViewerRps: number;
  /** The plateau's viewers as a stretched normal: `unstretched(mean + spread·z)`, and not above `mostViewers`. */
  readonly mean: number;
  readonly spread: number;
  readonly mostViewers: number;
  /** Somebody said how many will come. */
  readonly isExpected: boolean;
  /** Which of the sample points each sample takes. */
  readonly order: Uint8Array;
  /** The median of what it adds at the plateau, in requests a second; never below zero. */
  readonly medianRps: number;
};

type Plateau = Pick<Term, "mean" | "mostViewers" | "loadPerViewerRps">;

function medianOf({ mean, mostViewers, loadPerViewerRps }: Plateau): number {
  return Math.max(0, Math.min(mostViewers, unstretched(mean)) * loadPerViewerRps);
}

/** The occasions above the threshold that add anything to [fromMs, toMs). */
export function termsOf(input: {
  readonly model: Model;
  readonly target: Target;
  readonly occasions: readonly Aired[];
  readonly zone: ZoneOffsets;
  readonly threshold: ImpactThreshold;
  readonly now: number;
  readonly fromMs: number;
  readonly toMs: number;
}): readonly Term[] {
  const { model, target, zone, threshold, now } = input;
  const terms: Term[] = [];
  for (const { occasion, air, impacts } of input.occasions) {
    const timing = timingOf(occasion, air, now);
    if (timing.startsAtMs - ARRIVAL_MS >= input.toMs || timing.endsAtMs + DECAY_MS < input.fromMs) continue;
    const impact = impacts?.get(target.id) ?? impactOf({ model, target, occasion, zone, threshold });
    if (impact.kind !== "above") continue;
    terms.push(termFrom(impact, occasion.id, timing, lateTimingOf(occasion, air, now)));
  }
  return terms;
}

type Above = Exclude<Impact, { kind: "unknown-audience" }>;

// An impact stands for hours, and most ticks find its occasion where the tick before left it.
const made = new WeakMap<Above, Term>();

/** The term of an occasion; the same object as the last one from that impact, unless its timing has moved. */
function termFrom(impact: Above, occasionId: string, timing: Timing, lateTiming: Timing | undefined): Term {
  const before = made.get(impact);
  if (before?.occasionId === occasionId && isAlike(before.timing, timing) && isAlike(before.lateTiming, lateTiming)) return before;
  const { audience, spread, mostViewers, loadPerViewerRps, shape } = impact;
  const plateau = { mean: audience.mean, mostViewers, loadPerViewerRps };
  const order = orderOf(`audience/${occasionId}`);
  const term = {
    ...plateau,
    occasionId,
    timing,
    lateTiming,
    shape,
    spread,
    isExpected: audience.basis === "expectation",
    order,
    medianRps: medianOf(plateau),
  };
  made.set(impact, term);
  return term;
}

function isAlike(a: Timing | undefined, b: Timing | undefined): boolean {
  return a?.startsAtMs === b?.startsAtMs && a?.endsAtMs === b?.endsAtMs;
}

/** Whether the term may add anything to the minute at `atMs`. */
export function mayAdd({ timing, lateTiming }: Term, atMs: number): boolean {
  const startsAtMs = lateTiming === undefined ? timing.startsAtMs : Math.min(timing.startsAtMs, lateTiming.startsAtMs);
  return atMs >= startsAtMs - ARRIVAL_MS && atMs <= timing.endsAtMs + DECAY_MS;
}

/** Tells terms apart: two of one key add the same to every minute. */
export function keyOf(term: Term): string {
  const { occasionId, timing, lateTiming, mean, spread, mostViewers, loadPerViewerRps } = term;
  const when = [timing.startsAtMs, timing.endsAtMs, lateTiming?.startsAtMs ?? ""];
  return [occasionId, ...when, mean, spread, mostViewers, loadPerViewerRps, numberOf(term.shape)].join("/");
}

const numbers = new WeakMap<Shape, number>();
let numbered = 0;

function numberOf(shape: Shape): number {
  const known = numbers.get(shape);
  if (known !== undefined) return known;
  numbered += 1;
  numbers.set(shape, numbered);
  return numbered;
}

/** Viewers at the plateau by sample point, ascending, when their logarithm spreads by `spread` more than the term's own. */
export function viewersOf({ mean, spread: own, mostViewers }: Term, spread: number): Float64Array {
  // One variable for both: how many come and how they come spread together, and only chance would say which extremes meet.
  const both = rounded(Math.hypot(own, spread));
  const bySpread = viewersUnder(mean, mostViewers);
  const known = bySpread.get(both);
  if (known !== undefined) return known;
  const points = spreadPoints(both);
  // unstretched(mean + both · z), with sinh written as half the difference of e^mean · e^(both · z) and its inverse.
  const rising = (SCALE_VIEWERS / 2) * Math.exp(mean);
  const falling = (SCALE_VIEWERS / 2) * Math.exp(-mean);
  const viewers = new Float64Array(SAMPLE_COUNT);
  for (let i = 0; i < SAMPLE_COUNT; i += 1) {
    const point = points[i] ?? 1;
    viewers[i] = Math.min(mostViewers, rising * point - falling / point);
  }
  bySpread.set(both, viewers);
  return viewers;
}

type BySpread = Map<number, Float64Array>;

// Every target asks for the same audience, minute after minute: what is remembered of these many stays below 10 MB.
const AUDIENCES_KEPT = 128;
const byMean = new Map<number, { readonly mostViewers: number; readonly bySpread: BySpread }>();

function viewersUnder(mean: number, mostViewers: number): BySpread {
  const known = byMean.get(mean);
  if (known?.mostViewers === mostViewers) return known.bySpread;
  if (byMean.size >= AUDIENCES_KEPT) byMean.clear();
  const bySpread: BySpread = new Map();
  byMean.set(mean, { mostViewers, bySpread });
  return bySpread;
}

/** To a thousandth: nobody knows a spread better, and rounded ones come again and can be remembered. */
function rounded(spread: number): number {
  return Math.round(spread * 1_000) / 1_000;
}

/** A multiple of the plateau, and the spread of its logarithm. */
export type Multiple = { readonly multiple: number; readonly spread: number };

/** The multiple of the plateau that is forecast at `atMs`. */
export function multipleAt(term: Term, atMs: number): Multiple {
  const planned = shapeAt(term.shape, term.timing, atMs);
  if (term.lateTiming === undefined) return planned;
  const late = shapeAt(term.shape, term.lateTiming, atMs);
  return late.multiple > planned.multiple ? late : planned;
}

type Amplitude = NonNullable<Nowcast["amplitude"]>;

// An evening takes an occasion through some hundred corrections, and comes back to many of them.
const moved = new WeakMap<Term, Map<number, Term[]>>();

/** The term as the measurements leave it: the amplitude moved, what is still uncertain narrowed. Moved alike again, it is the same object. */
export function corrected(term: Term, { amplitude, newestMs }: Nowcast): Term {
  if (amplitude === undefined || newestMs === undefined) return term;
  // One that has hardly begun cannot have disappointed: what was measured is the one before it.
  if (amplitude.shift < 0 && newestMs < term.timing.startsAtMs + NOWCAST_MINUTES * MINUTE_MS) return term;
  const { shift, spread } = amplitude;
  let byShift = moved.get(term);
  if (byShift === undefined) moved.set(term, (byShift = new Map()));
  let alike = byShift.get(shift);
  if (alike === undefined) byShift.set(shift, (alike = []));
  let after = alike.find((each) => each.spread === spread);
  if (after === undefined) alike.push((after = movedBy(term, amplitude)));
  return after;
}

function movedBy(term: Term, amplitude: Amplitude): Term {
  const viewers = Math.min(term.mostViewers, unstretched(term.mean));
  // More than was forecast, measured tonight, is not bounded by the record of other nights.
  const plateau = {
    mean: stretched(viewers * Math.exp(amplitude.shift)),
    mostViewers: amplitude.shift > 0 ? Number.POSITIVE_INFINITY : term.mostViewers,
    loadPerViewerRps: term.loadPerViewerRps,
  };
  return {
    ...term,
    ...plateau,
    spread: amplitude.spread,
    medianRps: medianOf(plateau),
  };
}
