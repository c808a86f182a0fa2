import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emptyUsualLoad, learnUsualLoad, usualAt, type UsualObservation } from "../../../shared/core/forecast/usual-load.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, MINUTES_PER_WEEK } from "../../../shared/core/time.ts";
import { MONDAY, weekday } from "./made.ts";

const WEEK_MS = 7 * DAY_MS;

/** A week of minutes, each carrying what `value` says. */
function week(value: (atMs: number) => number, fromMs = MONDAY): readonly UsualObservation[] {
  return Array.from({ length: MINUTES_PER_WEEK }, (_, i) => ({
    atMs: fromMs + i * MINUTE_MS,
    value: value(fromMs + i * MINUTE_MS),
    weight: 1,
  }));
}

const evening = (atMs: number): number => ((atMs / HOUR_MS) % 24 >= 18 ? 500 : 100);

describe("the usual week", () => {
  test("a part of the week that was never seen is unknown, not zero", () => {
    expect(usualAt(emptyUsualLoad(5), MONDAY, [])).toBeUndefined();
  });

  test("four weeks of a profile are learned within two per cent, away from its edges", () => {
    let usual = emptyUsualLoad(5);
    for (let i = 0; i < 4; i += 1) usual = learnUsualLoad(usual, week(evening, MONDAY + i * WEEK_MS), []);
    for (const [at, rps] of [
      [weekday(2, 20), 500],
      [weekday(2, 12), 100],
      [weekday(6, 23), 500],
      [weekday(6, 3), 100],
    ] as const) {
      expect(usualAt(usual, at + 4 * WEEK_MS, [])).toBeGreaterThan(0.98 * rps);
      expect(usualAt(usual, at + 4 * WEEK_MS, [])).toBeLessThan(1.02 * rps);
    }
  });

  test("a Monday that was seen speaks for a Tuesday that was not, but not for a Saturday", () => {
    const monday = week(evening).filter(({ atMs }) => atMs < MONDAY + DAY_MS);
    const usual = learnUsualLoad(emptyUsualLoad(5), monday, []);
    expect(usualAt(usual, weekday(1, 20), [])).toBeCloseTo(500);
    expect(usualAt(usual, weekday(5, 20), [])).toBeUndefined();
  });

  test("a day of its own outweighs the kind of day once it has been seen for some weeks", () => {
    const friday = (atMs: number): number => (Math.floor((atMs - MONDAY) / DAY_MS) % 7 === 4 ? 300 : 100);
    let usual = emptyUsualLoad(5);
    for (let i = 0; i < 4; i += 1) usual = learnUsualLoad(usual, week(friday, MONDAY + i * WEEK_MS), []);
    expect(usualAt(usual, weekday(4, 12), [])).toBeGreaterThan(250);
    expect(usualAt(usual, weekday(1, 12), [])).toBeLessThan(115);
  });

  test("one outlier moves what four weeks have taught by less than a tenth, however large it is", () => {
    let usual = emptyUsualLoad(5);
    for (let i = 0; i < 4; i += 1) usual = learnUsualLoad(usual, week(evening, MONDAY + i * WEEK_MS), []);
    const before = usualAt(usual, weekday(2, 20), []) ?? 0;
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (value) => {
        const after = usualAt(learnUsualLoad(usual, [{ atMs: weekday(2, 20), value, weight: 1 }], []), weekday(2, 20), []) ?? 0;
        return Math.abs(after - before) < 0.1 * before;
      }),
      { seed: 1 },
    );
  });

  test("a minute of weight zero teaches nothing", () => {
    const usual = learnUsualLoad(emptyUsualLoad(5), [{ atMs: MONDAY, value: 900, weight: 0 }], []);
    expect(usualAt(usual, MONDAY, [])).toBeUndefined();
  });

  test("from minute to minute it moves by no more than a bucket's share of the step between two buckets", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 12, maxLength: 12 }), (heights) => {
        const values = week((atMs) => heights[Math.floor((atMs / (5 * MINUTE_MS)) % 12)] ?? 1);
        const usual = learnUsualLoad(emptyUsualLoad(5), values, []);
        const most = Math.max(...heights) - Math.min(...heights);
        for (let atMs = weekday(6, 23); atMs < weekday(7, 1); atMs += MINUTE_MS) {
          const step = (usualAt(usual, atMs + MINUTE_MS, []) ?? 0) - (usualAt(usual, atMs, []) ?? 0);
          if (Math.abs(step) > most / 5 + 1e-9) return false;
        }
        return true;
      }),
      { seed: 1, numRuns: 20 },
    );
  });

  test("people keep their local hours when the clock changes", () => {
    const change = MONDAY + WEEK_MS;
    const zone = [
      { fromMs: MONDAY, offsetMinutes: 120 },
      { fromMs: change, offsetMinutes: 60 },
    ];
    // 20:00 local is 18:00 UTC before the change, and 19:00 UTC after it.
    const values = week((atMs) => ((atMs / HOUR_MS + 2) % 24 >= 20 ? 500 : 100));
    const usual = learnUsualLoad(emptyUsualLoad(5), values, zone);
    expect(usualAt(usual, change + 18.5 * HOUR_MS, zone)).toBeCloseTo(100);
    expect(usualAt(usual, change + 19.5 * HOUR_MS, zone)).toBeCloseTo(500);
  });
});
