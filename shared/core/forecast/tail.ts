import { SAMPLE_COUNT } from "./samples.ts";

/** One minute's load as samples make it: the median, and the tail to have capacity for. */
export type Summary = { readonly median: number; readonly tail: number };

const LOWER = Math.floor(0.05 * SAMPLE_COUNT);
const MEDIAN = Math.floor(0.5 * SAMPLE_COUNT);
const UPPER = Math.floor(0.95 * SAMPLE_COUNT);

/** Sums up `samples` (SAMPLE_COUNT of them), which it moves about in place; `budget` is the share of the load that may stay unserved. */
export function summarise(samples: Float64Array, budget: number): Summary {
  const tail = tailAbove(samples, budget);
  placeInOrder(samples, MEDIAN, 0, samples.length - 1);
  const median = samples[MEDIAN] ?? 0;
  // A generous budget could be met below the median; capacity for less than what is expected is never asked for.
  return { median, tail: Math.max(median, tail) };
}

/** The 90 % interval of `samples`, which it moves about in place. */
export function intervalOf(samples: Float64Array): { readonly lower: number; readonly upper: number } {
  placeInOrder(samples, UPPER, 0, samples.length - 1);
  placeInOrder(samples, LOWER, 0, UPPER);
  return { lower: samples[LOWER] ?? 0, upper: samples[UPPER] ?? 0 };
}

/**
 * The smallest capacity c with E[(L − c)⁺] ≤ budget · E[L], from ascending samples, none below zero. With 200 samples a budget of
 * ten per million lies at their largest: what is rarer than one in two hundred is not seen here.
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

/** The same of samples in any order. A strict budget asks for the largest two alone; only a generous one needs them sorted. */
function tailAbove(samples: Float64Array, budget: number): number {
  let sum = 0;
  let largest = 0;
  let second = 0;
  for (let i = 0; i < samples.length; i += 1) {
    const value = samples[i] ?? 0;
    sum += value;
    if (value > largest) {
      second = largest;
      largest = value;
    } else if (value > second) second = value;
  }
  const capacity = largest - budget * sum;
  return capacity >= second ? capacity : tailOf(samples.sort(), budget);
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
