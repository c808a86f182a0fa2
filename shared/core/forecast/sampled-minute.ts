import { normalSamples, SAMPLE_COUNT } from "./samples.ts";
import { intervalOf, summarise, type Summary } from "./tail.ts";
import { viewersOf, type Multiple, type Term } from "./terms.ts";

// A surprise keeps its size within ±15 % two times in three while it is extrapolated.
const SURPRISE_SPREAD = 0.15;
const surpriseNoise = Float64Array.from(normalSamples("surprise"), (z) => Math.exp(SURPRISE_SPREAD * z));

/** An occasion in a minute in which it adds something. */
export type Active = { readonly term: Term; readonly at: Multiple };

/** The one that adds the most: along its samples in ascending order the sums are nearly in order too. */
function leading(active: readonly Active[]): Active | undefined {
  let most: Active | undefined;
  for (const each of active) {
    if (most === undefined || each.term.medianRps * each.at.multiple > most.term.medianRps * most.at.multiple) most = each;
  }
  return most;
}

/** What stands in each place when samples are put in the ascending order of one occasion's. */
type Along = {
  /** Errors of the usual load, by what they were made from, and of a surprise. */
  readonly residual: WeakMap<Float64Array, Float64Array>;
  readonly surprise: Float64Array;
  /** Sample points of other occasions, by their order. */
  readonly points: WeakMap<Uint8Array, Uint8Array>;
  /** Which sample it is. */
  readonly sample: Uint8Array;
};

const alongOrders = new WeakMap<Uint8Array, Along>();

function alongOf(order: Uint8Array): Along {
  let along = alongOrders.get(order);
  if (along === undefined) {
    const sample = new Uint8Array(SAMPLE_COUNT);
    for (let i = 0; i < SAMPLE_COUNT; i += 1) sample[order[i] ?? i] = i;
    along = { residual: new WeakMap(), surprise: noiseIn(sample, surpriseNoise), points: new WeakMap(), sample };
    alongOrders.set(order, along);
  }
  return along;
}

function noiseIn(sample: Uint8Array, noise: Float64Array): Float64Array {
  return Float64Array.from(sample, (which) => noise[which] ?? 1);
}

function residualIn(along: Along, residualNoise: Float64Array): Float64Array {
  let residual = along.residual.get(residualNoise);
  if (residual === undefined) along.residual.set(residualNoise, (residual = noiseIn(along.sample, residualNoise)));
  return residual;
}

function pointsIn(along: Along, order: Uint8Array): Uint8Array {
  let points = along.points.get(order);
  if (points === undefined) along.points.set(order, (points = Uint8Array.from(along.sample, (which) => order[which] ?? 0)));
  return points;
}

const AS_THEY_ARE = Uint8Array.from({ length: SAMPLE_COUNT }, (_, i) => i);

/** What the load of one minute is made of. */
type SampledMinute = {
  readonly active: readonly Active[];
  readonly reachViewers: number;
  readonly usualRps: number;
  readonly surpriseRps: number;
  /** Errors of the usual load in the order of their samples. */
  readonly residualNoise: Float64Array;
};

/**
 * Sums up the samples of the load of one minute. Occasions on air together share one audience: their sum stays within reach, but never below
 * the largest of them.
 */
export function summedUp(minute: SampledMinute, budget: number): Summary {
  const { active, reachViewers, usualRps, surpriseRps } = minute;
  const along = alongOf(leading(active)?.term.order ?? AS_THEY_ARE);
  const residual = residualIn(along, minute.residualNoise);
  const [first] = active;
  if (first === undefined) samples.fill(0);
  else if (active.length > 1 && reachViewers < Number.POSITIVE_INFINITY) addShared(active, along, reachViewers);
  else {
    beginWith(first, along);
    for (let nth = 1; nth < active.length; nth += 1) addLoad(active[nth] ?? first, along);
  }
  const { surprise } = along;
  for (let i = 0; i < SAMPLE_COUNT; i += 1) {
    const ordinary = usualRps * (residual[i] ?? 1) + surpriseRps * (surprise[i] ?? 1);
    samples[i] = Math.max(0, ordinary + (samples[i] ?? 0));
  }
  return summarise(samples, budget);
}

/** The 90 % interval of the minute that was summed up last. */
export function intervalOfLast(): ReturnType<typeof intervalOf> {
  return intervalOf(samples);
}

function beginWith({ term, at }: Active, along: Along): void {
  const viewers = viewersOf(term, at.spread);
  const points = pointsIn(along, term.order);
  const perViewerRps = term.loadPerViewerRps * at.multiple;
  for (let i = 0; i < SAMPLE_COUNT; i += 1) samples[i] = perViewerRps * (viewers[points[i] ?? 0] ?? 0);
}

function addLoad({ term, at }: Active, along: Along): void {
  const viewers = viewersOf(term, at.spread);
  const points = pointsIn(along, term.order);
  const perViewerRps = term.loadPerViewerRps * at.multiple;
  for (let i = 0; i < SAMPLE_COUNT; i += 1) samples[i] = (samples[i] ?? 0) + perViewerRps * (viewers[points[i] ?? 0] ?? 0);
}

function addShared(active: readonly Active[], along: Along, reachViewers: number): void {
  samples.fill(0);
  largestOf.fill(0);
  for (const { term, at } of active) {
    const viewers = viewersOf(term, at.spread);
    const points = pointsIn(along, term.order);
    const perViewerRps = term.loadPerViewerRps * at.multiple;
    const reachRps = reachViewers * perViewerRps;
    for (let i = 0; i < SAMPLE_COUNT; i += 1) {
      const load = perViewerRps * (viewers[points[i] ?? 0] ?? 0);
      samples[i] = (samples[i] ?? 0) + load;
      largestOf[i] = Math.max(largestOf[i] ?? 0, load, reachRps);
    }
  }
  for (let i = 0; i < SAMPLE_COUNT; i += 1) samples[i] = Math.min(samples[i] ?? 0, largestOf[i] ?? 0);
}

// Room to work in, made once: nothing in it is read before it is written.
const largestOf = new Float64Array(SAMPLE_COUNT);
const samples = new Float64Array(SAMPLE_COUNT);
