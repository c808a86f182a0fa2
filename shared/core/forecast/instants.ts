import { MINUTE_MS } from "../time.ts";
import type { Timing } from "./shape.ts";

// Loads bend where somebody starts or stops coming: two minutes around a start and an end the crowd is largest.
const BENDS_MINUTES = [-2, 0, 2] as const;
const NEAR_GRID_MINUTES = 5;
const FAR_GRID_MINUTES = 10;
const FAR_MS = 90 * MINUTE_MS;

/**
 * The minutes of [fromMs, toMs) that are worth a forecast beyond the reach of a decision taken now: the first, every fifth, after an hour
 * and a half every tenth, and wherever an occasion's load bends. Between two of them it runs straight, so the largest load is at one of
 * them.
 */
export function sparseInstants(input: {
  readonly fromMs: number;
  readonly toMs: number;
  readonly timings: readonly Timing[];
}): readonly number[] {
  const { fromMs, toMs } = input;
  const instants = new Set<number>();
  for (let atMs = fromMs; atMs < toMs;) {
    const gridMs = (atMs - fromMs >= FAR_MS ? FAR_GRID_MINUTES : NEAR_GRID_MINUTES) * MINUTE_MS;
    instants.add(atMs);
    atMs = Math.floor(atMs / gridMs) * gridMs + gridMs;
  }
  for (const { startsAtMs, endsAtMs } of input.timings) {
    for (const edgeMs of [startsAtMs, endsAtMs]) {
      for (const bend of BENDS_MINUTES) {
        const atMs = Math.floor(edgeMs / MINUTE_MS) * MINUTE_MS + bend * MINUTE_MS;
        if (atMs >= fromMs && atMs < toMs) instants.add(atMs);
      }
    }
  }
  return [...instants].sort((a, b) => a - b);
}
