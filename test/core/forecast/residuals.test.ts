import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emptyResiduals, learnResiduals, residualQuantiles, residualSpread } from "../../../shared/core/forecast/residuals.ts";
import { PROBABILITIES } from "../../../shared/core/forecast/samples.ts";
import { times } from "./made.ts";

describe("how far fact lies from forecast", () => {
  test("before anything was measured it spreads by eight per cent around the forecast", () => {
    const [low = 0, middle = 0, high = 0] = residualQuantiles(emptyResiduals(), [0.1587, 0.5, 0.8413]);
    expect(middle).toBeCloseTo(1, 2);
    expect(Math.log(high / low) / 2).toBeCloseTo(0.08, 2);
    expect(residualSpread(emptyResiduals())).toBeCloseTo(0.08, 2);
  });

  test("quantiles are those of the ratios put in, within a bin of two per cent", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.45, max: 2.2, noNaN: true }), { minLength: 5, maxLength: 20 }), (ratios) => {
        // Often enough that the prior of an hour's minutes no longer counts, with room for its share of the rank.
        const many = Array.from({ length: 20_000 }, (_, i) => ratios[i % ratios.length] ?? 1);
        const sorted = [...many].sort((a, b) => a - b);
        const learned = learnResiduals(emptyResiduals(), many);
        return [0.1, 0.5, 0.9].every((p) => {
          const [seen = 0] = residualQuantiles(learned, [p]);
          const least = sorted[Math.floor((p - 0.01) * many.length)] ?? 0;
          const most = sorted[Math.ceil((p + 0.01) * many.length)] ?? 0;
          return seen >= least * Math.exp(-0.021) && seen <= most * Math.exp(0.021);
        });
      }),
      { seed: 1 },
    );
  });

  test("quantiles rise with their probability", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { maxLength: 200 }), (ratios) => {
        const quantiles = residualQuantiles(learnResiduals(emptyResiduals(), ratios), PROBABILITIES);
        return quantiles.every((value, i) => value > 0 && value >= (quantiles[i - 1] ?? 0));
      }),
      { seed: 1 },
    );
  });

  test("a fact of nothing and a ratio that is no number are left out", () => {
    expect(learnResiduals(emptyResiduals(), [0, -1, Number.NaN])).toEqual(emptyResiduals());
  });

  test("after four weeks of new minutes the old ones hardly count", () => {
    const was = learnResiduals(emptyResiduals(), times(40_000, 2));
    const now = learnResiduals(was, times(400_000, 0.5));
    expect(now.total).toBe(40_000);
    const [high = 0] = residualQuantiles(now, [0.9]);
    expect(high).toBeLessThan(0.52);
  });
});
