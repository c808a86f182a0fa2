import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadSeriesOf, type LoadSeries, type Sample } from "../../../local/backtest/load-series.ts";
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../../../shared/core/time.ts";
import { codeOf } from "./made.ts";

const FROM = Date.UTC(2026, 10, 1, 20);

function series(samples: readonly Sample[], unit: "count" | "per-second" = "count"): LoadSeries {
  return loadSeriesOf(samples, { name: "load.csv", unit });
}

const counts = (...values: readonly (number | undefined)[]): readonly Sample[] =>
  values.map((value, minute) => ({ atMs: FROM + minute * MINUTE_MS, value }));
const told = ({ notes }: LoadSeries): readonly string[] => notes.map(({ code, what }) => `${code}: ${what.split(":")[0]}`);

describe("load by minute", () => {
  test("counts become a rate a second, and rates stay what they are", () => {
    expect(series(counts(60, 120, 0))).toMatchObject({ fromMs: FROM, toMs: FROM + 3 * MINUTE_MS, rps: [1, 2, 0], notes: [] });
    expect(series(counts(60, 120), "per-second").rps).toEqual([60, 120]);
  });

  test("values of seconds are put together, and a minute of which too little is known is not known", () => {
    const seconds = Array.from({ length: 150 }, (_, second) => ({ atMs: FROM + second * SECOND_MS, value: 3 }));
    expect(series(seconds).rps).toEqual([3, 3, undefined]);
    expect(series(seconds, "per-second").rps).toEqual([3, 3, undefined]);
  });

  test("a missing or negative value is not known, which is not zero, and is told of", () => {
    const read = series(counts(60, undefined, -5, 60));
    expect(read.rps).toEqual([1, undefined, undefined, 1]);
    expect(told(read)).toEqual([
      "load-negative: 1 value below zero",
      "load-missing: 1 value without a number",
      "load-gaps: 2 minutes not known",
    ]);
  });

  test("minutes that are missing are gaps", () => {
    const [first, , last] = counts(60, 60, 60);
    const gap = series([
      ...(first === undefined ? [] : [first]),
      ...(last === undefined ? [] : [last]),
      ...counts(0, 0, 0, 60, 60, 60).slice(3),
    ]);
    expect(gap.rps[1]).toBeUndefined();
    expect(told(gap)).toEqual(["load-gaps: 1 minute not known"]);
  });

  test("out of order they are sorted, of one instant the larger counts, and both are told of", () => {
    const [a, b, c, d] = counts(60, 120, 180, 240) as readonly [Sample, Sample, Sample, Sample];
    const read = series([a, c, b, { ...c, value: 100 }, d, d]);
    expect(read.rps).toEqual([1, 2, 3, 4]);
    expect(told(read)).toEqual(["load-out-of-order: 1 value out of order", "load-doubled: 2 values of an instant that had one already"]);
  });

  test("the newest first, as CloudWatch answers, is an order", () => {
    expect(series(counts(60, 120, 180).toReversed())).toMatchObject({ rps: [1, 2, 3], notes: [] });
  });

  test("whatever the order, the minutes are the same", () => {
    const sample = fc.record({ atMs: fc.integer({ min: 0, max: 30 }).map((minute) => FROM + minute * MINUTE_MS), value: fc.nat(1_000) });
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 20 }), fc.nat(59), (more, turn) => {
        const samples = [...counts(...Array.from({ length: 31 }, (_, minute) => minute)), ...more];
        const turned = [...samples.slice(turn), ...samples.slice(0, turn)];
        expect(series(turned).rps).toEqual(series(samples).rps);
      }),
      { seed: 1 },
    );
  });

  test("what cannot be a load by minute is refused, with what would be right", () => {
    expect(codeOf(() => series([]))).toBe("load-empty");
    expect(codeOf(() => series(counts(undefined, -1)))).toBe("load-empty");
    const everyFive = [0, 5, 10, 15].map((minute) => ({ atMs: FROM + minute * MINUTE_MS, value: 60 }));
    expect(() => series(everyFive)).toThrow(/a value every 5 min; give one value a minute or finer/);
    expect(codeOf(() => series(everyFive))).toBe("load-too-coarse");
    expect(codeOf(() => series([...counts(1, 2, 3), { atMs: FROM - 400 * DAY_MS, value: 1 }]))).toBe("load-too-long");
  });
});
