import fc from "fast-check";
import { expect, test } from "vitest";
import { largestAskedFor, type AskedFor } from "../../../shared/core/plan/sliding-largest.ts";
import { minute } from "./made.ts";

const HOLD_MINUTES = 10;

/** One need a minute; a need of n units is asked for n minutes ahead and held for ten. */
function askedFor(units: readonly number[]): readonly AskedFor[] {
  return units.map((value, n) => ({
    fromMs: minute(n - value),
    toMs: minute(n + 1 + HOLD_MINUTES),
    atMs: minute(n),
    needed: { units: value, wantedUnits: value, limit: undefined, reasons: () => [] },
  }));
}

test("the sliding maximum finds what looking at every need in every minute finds", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 80 }), (units) => {
      const all = askedFor(units);
      const sliding = largestAskedFor(all);
      let stays: { readonly largest: AskedFor | undefined; readonly untilMs: number } | undefined;
      for (let n = 0; n < 100; n += 1) {
        const largest = sliding.at(minute(n));
        if (stays !== undefined && minute(n) < stays.untilMs) expect(largest).toBe(stays.largest);
        stays = { largest, untilMs: sliding.staysUntilMs() };
        expect(stays.untilMs).toBeGreaterThan(minute(n));
        const open = all.filter((one) => one.fromMs <= minute(n) && minute(n) < one.toMs);
        const most = Math.max(...open.map((one) => one.needed.units));
        const equal = open.filter((one) => one.needed.units === most);
        expect(largest).toBe(equal.find((one) => one.atMs >= minute(n)) ?? equal.at(-1));
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});

test("four times the minutes take about four times the steps, not sixteen times", () => {
  const looked = (minutes: number): number => {
    let count = 0;
    const all = askedFor(Array.from({ length: minutes }, (_, n) => (n * 7) % 31)).map((one) => ({
      ...one,
      get needed() {
        count += 1;
        return one.needed;
      },
    }));
    const largest = largestAskedFor(all);
    for (let n = 0; n < minutes; n += 1) largest.at(minute(n));
    return count;
  };
  expect(looked(4_000)).toBeLessThan(4.5 * looked(1_000));
});
