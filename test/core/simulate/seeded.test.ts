import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { derive, normal, roundByChance, uniform, wander } from "../../../shared/core/simulate/seeded.ts";

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe("draws by name", () => {
  test("a draw is the same however many were drawn before it", () => {
    const key = fc.oneof(fc.string(), fc.maxSafeInteger());
    fc.assert(
      fc.property(fc.integer(), fc.array(key), fc.array(key), (seed, keys, others) => {
        const first = uniform(seed, ...keys);
        normal(seed, ...others);
        return uniform(seed, ...keys) === first && first > 0 && first < 1;
      }),
      { seed: 1 },
    );
  });

  test("where one key ends and the next begins makes a difference, and so does text against number", () => {
    const names = [
      derive(1, "ab", "c"),
      derive(1, "a", "bc"),
      derive(1, "abc"),
      derive(1, "1"),
      derive(1, 1),
      derive(1, 1, 0),
      derive(1, -1),
      derive(2, 1),
    ];
    expect(new Set(names).size).toBe(names.length);
  });

  test("numbers that share their lower 32 bits are different keys", () => {
    expect(derive(1, 5)).not.toBe(derive(1, 5 + 2 ** 32));
  });

  test("draws of neighbouring keys are spread evenly and do not follow one another", () => {
    const drawn = Array.from({ length: 40_000 }, (_, key) => uniform(7, key));
    const tenths = Array.from({ length: 10 }, (_, tenth) => drawn.filter((value) => Math.floor(value * 10) === tenth).length);
    // Five standard deviations of a binomial count are 300.
    for (const count of tenths) expect(Math.abs(count - 4_000)).toBeLessThan(300);
    const together = meanOf(drawn.slice(1).map((value, index) => (value - 0.5) * ((drawn[index] ?? 0) - 0.5)));
    expect(Math.abs(together * 12)).toBeLessThan(0.03);
  });

  test("seeds next to each other draw as differently as any", () => {
    const drawn = Array.from({ length: 40_000 }, (_, seed) => uniform(seed, "half-life"));
    expect(Math.abs(meanOf(drawn) - 0.5)).toBeLessThan(0.008);
  });

  test("normal draws have mean 0, variance 1 and the tails of a normal distribution", () => {
    const drawn = Array.from({ length: 40_000 }, (_, key) => normal(3, "n", key));
    expect(Math.abs(meanOf(drawn))).toBeLessThan(0.025);
    expect(Math.abs(meanOf(drawn.map((value) => value * value)) - 1)).toBeLessThan(0.04);
    expect(drawn.filter((value) => Math.abs(value) > 1.96).length / drawn.length).toBeCloseTo(0.05, 2);
  });
});

describe("rounding by chance", () => {
  test("is within one of the value, keeps whole numbers, and is right on average", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.integer(), (value, seed) => {
        const rounded = roundByChance(value, seed, "x");
        expect(Number.isInteger(rounded)).toBe(true);
        expect(Math.abs(rounded - value)).toBeLessThan(1);
        expect(roundByChance(Math.floor(value), seed, "x")).toBe(Math.floor(value));
      }),
      { seed: 1 },
    );
    expect(meanOf(Array.from({ length: 20_000 }, (_, key) => roundByChance(2.3, 5, key)))).toBeCloseTo(2.3, 1);
  });
});

describe("wandering", () => {
  test("passes smoothly from draw to draw", () => {
    for (let atMs = 0; atMs < 50_000; atMs += 10) expect(Math.abs(wander(9, atMs + 10, 1_000) - wander(9, atMs, 1_000))).toBeLessThan(0.2);
  });

  test("has variance 1 at a draw and halfway between two", () => {
    for (const way of [0, 0.25, 0.5]) {
      const values = Array.from({ length: 10_000 }, (_, knot) => wander(11, (knot + way) * 1_000, 1_000));
      expect(Math.abs(meanOf(values.map((value) => value * value)) - 1)).toBeLessThan(0.08);
    }
  });
});
