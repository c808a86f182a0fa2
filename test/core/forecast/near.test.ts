import { expect, test } from "vitest";
import { firstNear, learnNear, lookNear, seenIn, type NearInput } from "../../../shared/core/forecast/near.ts";
import type { LoadMinute } from "../../../shared/core/measurement.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../shared/core/time.ts";
import { evenings, FROM_MS, loadAt, minutesOf, seededNormals } from "./near.ts";

const AHEAD = 12;
const noise = seededNormals(11);
const MINUTES = minutesOf(FROM_MS, FROM_MS + 2 * DAY_MS, (atMs) =>
  atMs === FROM_MS + 9 * HOUR_MS ? undefined : loadAt(atMs) * Math.exp(0.02 * noise()),
);

function input(measured: readonly LoadMinute[], more: Partial<NearInput> = {}): NearInput {
  return { measured, timings: evenings(3), zone: [], throughputRps: 25, leadMinutes: 6, leastRps: 25, unservedPerMillion: 30, ...more };
}

test("minutes learned one by one and all at once teach the same", () => {
  const atOnce = learnNear(firstNear(AHEAD), input(MINUTES), FROM_MS);
  let oneByOne = firstNear(AHEAD);
  for (let nth = 0; nth < MINUTES.length; nth += 1) {
    oneByOne = learnNear(oneByOne, input(MINUTES.slice(Math.max(0, nth - 23), nth + 1)), FROM_MS + nth * MINUTE_MS);
  }
  expect(oneByOne).toEqual(atOnce);
  const newest = input(MINUTES.slice(-24));
  expect(lookNear(oneByOne, newest, 30)).toEqual(lookNear(atOnce, newest, 30));
});

test("what has nothing new to learn stays the same object", () => {
  const learned = learnNear(firstNear(AHEAD), input(MINUTES), FROM_MS);
  expect(learnNear(learned, input(MINUTES), FROM_MS + 2 * DAY_MS)).toBe(learned);
});

test("losses that what was asked for would not have covered raise the margin of their side; a unit that is always there covers its part", () => {
  const quiet = minutesOf(FROM_MS, FROM_MS + 6 * HOUR_MS, () => 100);
  const before = learnNear(firstNear(AHEAD), input(quiet, { timings: [] }), FROM_MS);
  const later = minutesOf(FROM_MS + 6 * HOUR_MS, FROM_MS + 7 * HOUR_MS, () => 1_000);
  const both = [...quiet, ...later];
  const raised = learnNear(before, input(both, { timings: [] }), FROM_MS + 6 * HOUR_MS);
  expect(raised.margins.outside).toBeGreaterThan(before.margins.outside);
  expect(raised.margins.inside).toBe(before.margins.inside);
  const covered = learnNear(before, input(both, { timings: [], leastRps: 1_000 }), FROM_MS + 6 * HOUR_MS);
  expect(covered.margins.outside).toBeLessThan(before.margins.outside);
});

test("the next minutes are seen from the newest known one, with the capacity that each asks for", () => {
  const learned = learnNear(firstNear(AHEAD), input(MINUTES), FROM_MS);
  const gap = minutesOf(FROM_MS + 2 * DAY_MS, FROM_MS + 2 * DAY_MS + 2 * MINUTE_MS, () => undefined);
  const seen = lookNear(learned, input([...MINUTES.slice(-24), ...gap]), 30);
  expect(seen?.newestMs).toBe(FROM_MS + 2 * DAY_MS - MINUTE_MS);
  expect(seen?.minutes.map(({ atMs }) => atMs)).toEqual(Array.from({ length: AHEAD }, (_, nth) => FROM_MS + 2 * DAY_MS + nth * MINUTE_MS));
  const tailsOf = (forecast: typeof seen) => forecast?.minutes.map((minute) => seenIn(forecast, minute).tailRps) ?? [];
  const tails = tailsOf(seen);
  for (const [nth, { medianRps }] of (seen?.minutes ?? []).entries()) expect(tails[nth]).toBeGreaterThan(medianRps);
  expect(lookNear(learned, input(gap), 30)).toBeUndefined();
  // A stricter promise asks for more.
  const [strict = 0] = tailsOf(lookNear(learned, input(MINUTES.slice(-24)), 10));
  expect(strict).toBeGreaterThan(tails[0] ?? Infinity);
});
