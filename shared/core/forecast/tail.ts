import { SAMPLE_COUNT } from "./samples.ts";

/** One minute's load as samples make it: the median, the 90 % interval, and the tail to have capacity for. */
export type Summary = { readonly median: number; readonly lower: number; readonly upper: number; readonly tail: number };

const LOWER = Math.floor(0.05 * SAMPLE_COUNT);
const MEDIAN = Math.floor(0.5 * SAMPLE_COUNT);
const UPPER = Math.floor(0.95 * SAMPLE_COUNT);

/** Orders `samples` (SAMPLE_COUNT of them) in place as far as it takes, and sums them up; `budget` is the share of the load that may stay unserved. */
export function summarise(samples: Float64Array, budget: number): Summary {
  // Three order statistics and the largest few are all that is asked for: a third of the work of sorting.
  placeInOrder(samples, UPPER, 0, samples.length - 1);
  placeInOrder(samples, MEDIAN, 0, UPPER);
  placeInOrder(samples, LOWER, 0, MEDIAN);
  sortFrom(samples, UPPER + 1);
  const median = samples[MEDIAN] ?? 0;
  // A generous budget could be met below the median; capacity for less than what is expected is never asked for.
  return { median, lower: samples[LOWER] ?? 0, upper: samples[UPPER] ?? 0, tail: Math.max(median, tailAbove(samples, UPPER, budget)) };
}

/**
 * The smallest capacity c with E[(L − c)⁺] ≤ budget · E[L], from ascending samples, none below zero. With 200 samples a budget of
 * ten per million lies at their largest: what is rarer than one in two hundred is not seen here.
 */
export function tailOf(sorted: Float64Array, budget: number): number {
  return tailFrom(sorted, 0, budget) ?? 0;
}

/** The tail of samples that are in order from `place` on. Only a generous budget needs more of them in order. */
function tailAbove(samples: Float64Array, place: number, budget: number): number {
  return tailFrom(samples, place, budget) ?? tailOf(samples.sort(), budget);
}

/** The tail, or undefined when it lies below the samples that are in order, which are those from `place` on. */
function tailFrom(samples: Float64Array, place: number, budget: number): number | undefined {
  let sum = 0;
  for (let i = 0; i < samples.length; i += 1) sum += samples[i] ?? 0;
  const allowed = budget * sum;
  let above = 0;
  for (let count = 1; count <= samples.length - place; count += 1) {
    above += samples[samples.length - count] ?? 0;
    const capacity = (above - allowed) / count;
    if (count === samples.length) return Math.max(0, capacity);
    if (count < samples.length - place && capacity >= (samples[samples.length - count - 1] ?? 0)) return Math.max(0, capacity);
  }
  return undefined;
}

/** Hoare's selection: the value that sorting would put at `place` is there, smaller ones before it in [from, to] and larger ones behind. */
function placeInOrder(values: Float64Array, place: number, from: number, to: number): void {
  let left = from;
  let right = to;
  while (left < right) {
    const pivot = values[place] ?? 0;
    let i = left;
    let j = right;
    while (i <= j) {
      while ((values[i] ?? 0) < pivot) i += 1;
      while (pivot < (values[j] ?? 0)) j -= 1;
      if (i > j) break;
      const kept = values[i] ?? 0;
      values[i] = values[j] ?? 0;
      values[j] = kept;
      i += 1;
      j -= 1;
    }
    if (j < place) left = i;
    if (place < i) right = j;
  }
}

/** Sorts the values from `place` on by insertion: they are few. */
function sortFrom(values: Float64Array, place: number): void {
  for (let i = place + 1; i < values.length; i += 1) {
    const value = values[i] ?? 0;
    let j = i - 1;
    while (j >= place && (values[j] ?? 0) > value) {
      values[j + 1] = values[j] ?? 0;
      j -= 1;
    }
    values[j + 1] = value;
  }
}
