import { describe, expect, test } from "vitest";
import { firstGrowth, learnGrowth, nearMinutes, standAlike } from "../../../shared/core/forecast/growth.ts";
import { placeOf } from "../../../shared/core/forecast/growth-rates.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../shared/core/time.ts";
import { evenings, FROM_MS, inputAt, learned, loadAt, minutesOf, seededNormals } from "./near.ts";

const AHEAD = 10;

/** Load with an error of two per cent a minute. */
function noisy(seed: number): (atMs: number) => number {
  const normals = seededNormals(seed);
  return (atMs) => loadAt(atMs) * Math.exp(0.02 * normals());
}

/** How far the forecasts `AHEAD` minutes ahead are off, on average, in the quarter of an hour in which the crowd comes. */
function arrivalError(days: number, guided: boolean): number {
  const timings = guided ? evenings(days + 1) : [];
  const minutes = minutesOf(FROM_MS, FROM_MS + (days + 1) * DAY_MS, noisy(3));
  const eveningMs = FROM_MS + days * DAY_MS + 20 * HOUR_MS;
  let growth = firstGrowth(AHEAD);
  const errors: number[] = [];
  for (let nth = 0; nth < minutes.length; nth += 1) {
    const input = inputAt(minutes, nth, timings);
    growth = learnGrowth(growth, input);
    const atMs = FROM_MS + nth * MINUTE_MS;
    const last = nearMinutes(growth, input, atMs).at(-1);
    if (last !== undefined && last.atMs >= eveningMs && last.atMs < eveningMs + 15 * MINUTE_MS) {
      errors.push(Math.abs(Math.log(last.medianRps / loadAt(last.atMs))));
    }
  }
  return errors.reduce((sum, error) => sum + error, 0) / errors.length;
}

describe("growth", () => {
  test("an arrival seen on earlier evenings is foreseen, and without the guide it is not", () => {
    expect(arrivalError(4, true)).toBeLessThan(0.05);
    expect(arrivalError(4, false)).toBeGreaterThan(0.15);
  });

  test("errors are wider where the crowd comes than in a quiet hour", () => {
    const days = 4;
    const timings = evenings(days + 1);
    const toMs = FROM_MS + days * DAY_MS + 20 * HOUR_MS;
    const vary = seededNormals(5);
    const sizes = Array.from({ length: days + 1 }, () => Math.exp(0.3 * vary()));
    const load = noisy(3);
    const minutes = minutesOf(FROM_MS, toMs, (atMs) => {
      const size = sizes[Math.floor((atMs - FROM_MS) / DAY_MS)] ?? 1;
      return load(atMs) + (size - 1) * (loadAt(atMs) - 500);
    });
    const growth = learned(minutes, timings, AHEAD);
    const input = inputAt(minutes, minutes.length - 1, timings);
    const arrival = nearMinutes(growth, input, toMs - MINUTE_MS).at(-1);
    const quiet = nearMinutes(growth, inputAt(minutes, 12 * 60, timings), FROM_MS + 12 * HOUR_MS).at(-1);
    expect(arrival?.side).toBe("inside");
    expect(quiet?.side).toBe("outside");
    expect(arrival?.spread).toBeGreaterThan(2 * (quiet?.spread ?? 0));
  });

  test("how badly a crowd's coming is forecast is no matter for the minutes after it, nor its leaving for those before", () => {
    const days = 8;
    const timings = evenings(days + 1);
    const vary = seededNormals(5);
    const sizes = Array.from({ length: days + 1 }, () => Math.exp(0.5 * vary()));
    // All of it within a minute, and half gone every two.
    const crowd = (minute: number): number => (minute < 0 ? 0 : minute < 120 ? 3_000 : 3_000 * 0.5 ** ((minute - 119) / 2));
    const load = (atMs: number): number => {
      const [day, within] = [Math.floor((atMs - FROM_MS) / DAY_MS), (atMs - FROM_MS) % DAY_MS];
      return 500 + (sizes[day] ?? 1) * crowd((within - 20 * HOUR_MS) / MINUTE_MS);
    };
    const spreadAt = (minute: number): number => {
      const newestMs = FROM_MS + days * DAY_MS + 20 * HOUR_MS + (minute - 5) * MINUTE_MS;
      const minutes = minutesOf(FROM_MS, newestMs + MINUTE_MS, load);
      return (
        nearMinutes(learned(minutes, timings, AHEAD), inputAt(minutes, minutes.length - 1, timings), newestMs)[4]?.spread ?? Number.NaN
      );
    };
    expect(spreadAt(1)).toBeGreaterThan(3 * spreadAt(18));
    expect(spreadAt(8 + 120)).toBeGreaterThan(2 * spreadAt(110));
  });

  test("an unknown minute teaches nothing, and too many of them leave nothing to look ahead from", () => {
    const known = minutesOf(FROM_MS, FROM_MS + HOUR_MS, loadAt);
    const growth = learned(known, [], AHEAD);
    const gap = minutesOf(FROM_MS + HOUR_MS, FROM_MS + HOUR_MS + 5 * MINUTE_MS, () => undefined);
    expect(learned(gap, [], AHEAD, growth)).toBe(growth);
    const both = [...known, ...gap];
    expect(nearMinutes(growth, inputAt(both, both.length - 1, []), FROM_MS + HOUR_MS + 4 * MINUTE_MS)).toEqual([]);
    // One missing minute of three is made do without.
    const one = [...known.slice(0, -1), ...minutesOf(FROM_MS + HOUR_MS - MINUTE_MS, FROM_MS + HOUR_MS, () => undefined)];
    expect(nearMinutes(growth, inputAt(one, one.length - 1, []), FROM_MS + HOUR_MS - MINUTE_MS)).toHaveLength(AHEAD);
  });

  test("nothing learned says that the load stays as it is", () => {
    const minutes = minutesOf(FROM_MS, FROM_MS + HOUR_MS, () => 400);
    for (const { medianRps } of nearMinutes(firstGrowth(AHEAD), inputAt(minutes, 59, []), FROM_MS + 59 * MINUTE_MS)) {
      expect(medianRps).toBeCloseTo(400, 6);
    }
  });

  test("what it keeps does not grow with what it has seen", () => {
    const timings = evenings(4);
    const size = (days: number): number =>
      JSON.stringify(
        learned(
          minutesOf(FROM_MS, FROM_MS + days * DAY_MS, () => 1_024),
          timings,
          AHEAD,
        ),
      ).length;
    expect(size(4)).toBeLessThan(1.1 * size(2));
  });

  test("minutes stand alike by other timings where each has its place, and not where one has another", () => {
    const evening = evenings(1);
    const [{ startsAtMs, endsAtMs } = { startsAtMs: 0, endsAtMs: 0 }] = evening;
    const others = [
      [],
      [{ startsAtMs, endsAtMs: endsAtMs + MINUTE_MS }],
      [{ startsAtMs: startsAtMs - 20 * MINUTE_MS, endsAtMs: startsAtMs }, ...evening],
      [...evening, { startsAtMs: startsAtMs + DAY_MS, endsAtMs: endsAtMs + DAY_MS }],
    ];
    const seen = new Set<boolean>();
    for (const other of others) {
      for (let fromMs = startsAtMs - 2 * HOUR_MS; fromMs < endsAtMs + 2 * HOUR_MS; fromMs += 10 * MINUTE_MS) {
        const untilMs = fromMs + 10 * MINUTE_MS;
        const within = Array.from({ length: 11 }, (_, nth) => fromMs + nth * MINUTE_MS);
        const alike = within.every((atMs) => JSON.stringify(placeOf(evening, atMs, [])) === JSON.stringify(placeOf(other, atMs, [])));
        expect(standAlike(evening, other, { fromMs, untilMs, zone: [] })).toBe(alike);
        seen.add(alike);
      }
    }
    expect(seen.size).toBe(2);
  });
});
