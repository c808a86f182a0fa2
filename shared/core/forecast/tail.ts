import { SAMPLE_COUNT } from "./samples.ts";

/** One minute's load as samples make it: the median, the 90 % interval, and the tail to have capacity for. */
export type Summary = { readonly median: number; readonly lower: number; readonly upper: number; readonly tail: number };

/** Sorts `samples` (SAMPLE_COUNT of them) in place and sums them up; `budget` is the share of the load that may stay unserved. */
export function summarise(samples: Float64Array, budget: number): Summary {
  samples.sort();
  const at = (p: number): number => samples[Math.floor(p * SAMPLE_COUNT)] ?? 0;
  const median = at(0.5);
  // A generous budget could be met below the median; capacity for less than what is expected is never asked for.
  return { median, lower: at(0.05), upper: at(0.95), tail: Math.max(median, tailOf(samples, budget)) };
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
