import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SAMPLE_COUNT } from "../../../shared/core/forecast/samples.ts";
import { intervalOf, summarise, tailOf } from "../../../shared/core/forecast/tail.ts";

const load = fc.double({ min: 0, max: 1e6, noNaN: true });
const budget = fc.double({ min: 0, max: 0.3, noNaN: true });
const samplesOf = (values: readonly number[]): Float64Array => Float64Array.from(values).sort();
const unservedAt = (values: readonly number[], capacity: number): number => values.reduce((sum, l) => sum + Math.max(0, l - capacity), 0);

describe("the tail", () => {
  test("leaves no more than the budget unserved, and no smaller capacity would do", () => {
    fc.assert(
      fc.property(fc.array(load, { minLength: 1, maxLength: 40 }), budget, (values, share) => {
        const capacity = tailOf(samplesOf(values), share);
        const allowed = share * values.reduce((sum, value) => sum + value, 0);
        expect(unservedAt(values, capacity)).toBeLessThanOrEqual(allowed + 1e-6);
        // Brute force: a thousandth less leaves more than is allowed.
        if (capacity > 1) expect(unservedAt(values, capacity * 0.999)).toBeGreaterThan(allowed);
      }),
      { seed: 1 },
    );
  });

  test("only falls as the budget grows", () => {
    fc.assert(
      fc.property(fc.array(load, { minLength: 1, maxLength: 40 }), budget, budget, (values, a, b) => {
        const samples = samplesOf(values);
        expect(tailOf(samples, Math.min(a, b))).toBeGreaterThanOrEqual(tailOf(samples, Math.max(a, b)) - 1e-9);
      }),
      { seed: 1 },
    );
  });

  test("is the largest sample when nothing may stay unserved, and nothing for no load", () => {
    expect(tailOf(samplesOf([1, 9, 4]), 0)).toBe(9);
    expect(tailOf(samplesOf([0, 0]), 0.01)).toBe(0);
    expect(tailOf(samplesOf([]), 0.01)).toBe(0);
  });
});

test("what is selected is what sorting would have put there", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(load, fc.constantFrom(0, 1, 2)), { minLength: SAMPLE_COUNT, maxLength: SAMPLE_COUNT }),
      budget,
      (values, share) => {
        const sorted = samplesOf(values);
        const samples = Float64Array.from(values);
        const { median, tail } = summarise(samples, share);
        expect([median, intervalOf(samples)]).toEqual([sorted[100], { lower: sorted[10], upper: sorted[190] }]);
        expect(tail).toBeCloseTo(Math.max(sorted[100] ?? 0, tailOf(sorted, share)), 6);
      },
    ),
    { seed: 1 },
  );
});

test("interval, median and tail are in order, however generous the budget", () => {
  fc.assert(
    fc.property(
      fc.array(load, { minLength: SAMPLE_COUNT, maxLength: SAMPLE_COUNT }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, share) => {
        const samples = Float64Array.from(values);
        const { median, tail } = summarise(samples, share);
        const { lower, upper } = intervalOf(samples);
        expect(lower).toBeLessThanOrEqual(median);
        expect(median).toBeLessThanOrEqual(upper);
        expect(median).toBeLessThanOrEqual(tail);
      },
    ),
    { seed: 1 },
  );
});
