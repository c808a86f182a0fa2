import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inOrderOf, normalQuantile, normalSamples, PROBABILITIES, SAMPLE_COUNT } from "../../../shared/core/forecast/samples.ts";

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const cov = (x: readonly number[], y: readonly number[]): number =>
    mean(x.map((value, i) => (value - mean(x)) * ((y[i] ?? 0) - mean(y))));
  return cov(a, b) / Math.sqrt(cov(a, a) * cov(b, b));
}

describe("sample points", () => {
  test("whatever its name, a variable takes each of the equal slices once", () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        const slices = inOrderOf(name, PROBABILITIES).map((p) => Math.floor(p * SAMPLE_COUNT));
        expect([...slices].sort((a, b) => a - b)).toEqual(Array.from({ length: SAMPLE_COUNT }, (_, i) => i));
      }),
      { seed: 1 },
    );
  });

  test("variables of similar names are nearly uncorrelated", () => {
    const names = Array.from({ length: 40 }, (_, i) => `audience/o-${i}`);
    const all: number[] = [];
    for (const [i, a] of names.entries()) {
      for (const b of names.slice(i + 1)) all.push(correlation(normalSamples(a), normalSamples(b)));
    }
    // The correlation of two random orders has a standard deviation of 1 ÷ √200 = 0.07.
    const rms = Math.sqrt(all.reduce((sum, r) => sum + r * r, 0) / all.length);
    expect(rms).toBeLessThan(0.09);
    expect(Math.max(...all.map(Math.abs))).toBeLessThan(0.3);
  });

  test("the same name gives the same order, and another name another", () => {
    expect(normalSamples("usual")).toEqual(normalSamples("usual"));
    expect(normalSamples("usual")).not.toEqual(normalSamples("surprise"));
  });

  test("the orders stay what they are from version to version, so that a plan can be made again", () => {
    expect(inOrderOf("usual", PROBABILITIES).slice(0, 5)).toMatchInlineSnapshot(`
      [
        0.2225,
        0.3025,
        0.5425,
        0.6125,
        0.7625,
      ]
    `);
  });
});

describe("quantiles of the normal distribution", () => {
  test("agree with the tables", () => {
    for (const [p, z] of [
      [0.5, 0],
      [0.8413447461, 1],
      [0.9, 1.2815515655],
      [0.95, 1.644853627],
      [0.975, 1.9599639845],
      [0.9975, 2.8070337683],
      [0.99999, 4.2648907939],
      [0.01, -2.326347874],
    ] as const) {
      expect(Math.abs(normalQuantile(p) - z)).toBeLessThan(1e-6);
    }
  });

  test("are symmetrical and rise", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 0.4999, noNaN: true }), (p) => {
        expect(normalQuantile(1 - p)).toBeCloseTo(-normalQuantile(p), 6);
        expect(normalQuantile(p)).toBeLessThan(normalQuantile(p + 1e-4));
      }),
      { seed: 1 },
    );
  });
});
