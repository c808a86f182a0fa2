import { expect, test } from "vitest";
import { inOnePhase, withoutSpreads, zoneWithoutWeekends } from "../../bench/ablation/sightings.ts";
import { sightingsOf, ZONE } from "../../bench/season/calltime.ts";
import { TASK_RPS } from "../../bench/season/trace.ts";
import type { Trace } from "../../shared/core/simulate/peers/policy.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, minuteOfWeek, MINUTES_PER_DAY } from "../../shared/core/time.ts";

const FROM_MS = Date.parse("1998-06-01T00:00:00Z");

/** Twelve days of load that waves through the day and jumps for each of the slots, never as high as for the one before. */
const SLOTS = [3, 5, 7, 9, 11].map((day) => {
  const startsAtMs = FROM_MS + day * DAY_MS + 15 * HOUR_MS;
  return { startsAtMs, endsAtMs: startsAtMs + 2 * HOUR_MS };
});
const HEIGHTS: readonly number[] = [0.5, 3, 1, 4, 2];
const TRACE: Trace = {
  fromMs: FROM_MS,
  chargeMs: FROM_MS + DAY_MS,
  loadRps: Float64Array.from({ length: (12 * DAY_MS) / MINUTE_MS }, (_, nth) => {
    const atMs = FROM_MS + nth * MINUTE_MS;
    const on = SLOTS.findIndex(({ startsAtMs, endsAtMs }) => atMs >= startsAtMs && atMs < endsAtMs);
    return (1 + (HEIGHTS[on] ?? 0)) * (400 + 200 * Math.sin((2 * Math.PI * nth) / MINUTES_PER_DAY) + ((nth * 7_919) % 97));
  }),
};

test("a zone without weekends leaves every minute of the day where it was, and lets no day be one", () => {
  const zone = zoneWithoutWeekends(TRACE);
  let weekends = 0;
  for (let atMs = FROM_MS; atMs < FROM_MS + 12 * DAY_MS; atMs += 7 * MINUTE_MS) {
    const [without, plain] = [minuteOfWeek(zone, atMs), minuteOfWeek(ZONE, atMs)];
    expect(without % MINUTES_PER_DAY).toBe(plain % MINUTES_PER_DAY);
    expect(without).toBeLessThan(5 * MINUTES_PER_DAY);
    if (plain >= 5 * MINUTES_PER_DAY) weekends += 1;
    else expect(without).toBe(plain);
  }
  expect(weekends).toBeGreaterThan(0);
});

test("without phases a minute before a start is as sure as any other; with them it is not", () => {
  const whole = sightingsOf(TRACE, SLOTS, TASK_RPS);
  const at = FROM_MS + 11 * DAY_MS + 15 * HOUR_MS - 3 * MINUTE_MS;
  const spreads = (seen: typeof whole): readonly number[] =>
    [at, at - 5 * HOUR_MS].map((atMs) => seen.get(atMs)?.[9]?.spread ?? Number.NaN);
  const [start = 0, calm = 0] = spreads(whole);
  expect(start).toBeGreaterThan(2 * calm);
  const [oneStart = 0, oneCalm = 0] = spreads(inOnePhase(whole, TRACE, TASK_RPS));
  expect(Math.abs(oneStart / oneCalm - 1)).toBeLessThan(0.2);
  expect(oneCalm).toBeGreaterThan(calm);
  const [none = 0, either = 1] = spreads(withoutSpreads(whole));
  expect(none).toBe(either);
  const medians = (seen: typeof whole): readonly number[] => (seen.get(at) ?? []).map(({ medianRps }) => medianRps);
  expect(medians(inOnePhase(whole, TRACE, TASK_RPS))).toEqual(medians(whole));
});

test("slopes that are left unread say nothing: of a load that has begun to jump the same is forecast as of one that has not", () => {
  const jumping: Trace = { ...TRACE, loadRps: TRACE.loadRps.slice() };
  const jumpMs = FROM_MS + 10 * DAY_MS;
  const place = (jumpMs - FROM_MS) / MINUTE_MS;
  for (let nth = place - 2; nth <= place; nth += 1) jumping.loadRps[nth] = (TRACE.loadRps[nth] ?? 0) * 1.3;
  const growthOf = (trace: Trace, unread: Parameters<typeof sightingsOf>[3]): number => {
    const seen = sightingsOf(trace, SLOTS, TASK_RPS, unread).get(jumpMs) ?? [];
    const newest = [0, 1, 2].reduce((sum, back) => sum + (trace.loadRps[place - back] ?? 0), 0) / 3;
    return Math.log((seen[4]?.medianRps ?? 0) / newest);
  };
  const slopes = { unread: ["slope of 5 minutes", "slope of 15 minutes", "newest minute"] } as const;
  expect(Math.abs(growthOf(jumping, slopes) - growthOf(TRACE, slopes))).toBeLessThan(0.02);
  expect(Math.abs(growthOf(jumping, {}) - growthOf(TRACE, {}))).toBeGreaterThan(0.1);
}, 60_000);
