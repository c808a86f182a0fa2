import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leadMs } from "../../../shared/core/plan/capacity.ts";
import { inTime, type NeededMinute } from "../../../shared/core/plan/in-time.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { target } from "./made.ts";

const NOW = Date.UTC(2026, 5, 13, 18);
const at = (minute: number): number => NOW + minute * MINUTE_MS;

/** Units of 100 requests a second, three minutes to start, ten a minute. */
const TARGET = target({ baselineUnits: 4, ceilingUnits: 100, throughputRps: 100, launchUnitsPerMinute: 10 });
const START_UP_MS = 3 * MINUTE_MS;

/** Twelve minutes that need so many units each. */
const needing = (units: (minute: number) => number, medianRps?: number): readonly NeededMinute[] =>
  Array.from({ length: 12 }, (_, minute) => ({ atMs: at(minute), units: units(minute), medianRps }));

const found = (minutes: readonly NeededMinute[], servingUnits = 10, desiredUnits = servingUnits) =>
  inTime({ target: TARGET, startUpMs: START_UP_MS, servingUnits, desiredUnits, minutes, now: NOW });

describe("what can still be had in time", () => {
  test("is all of it when the notice is as long as the lead, and not a minute less", () => {
    // Twenty more take three minutes and two launches.
    expect(found(needing((minute) => (minute >= 5 ? 30 : 10)))).toEqual({
      neededUnits: 30,
      neededByMs: at(5),
      inTimeUnits: 30,
      shortfall: undefined,
    });
    expect(found(needing((minute) => (minute >= 4 ? 30 : 10)))).toEqual({
      neededUnits: 30,
      neededByMs: at(4),
      inTimeUnits: 20,
      shortfall: { fromMs: at(4), untilMs: at(5), units: 10, unservedRequests: undefined },
    });
  });

  test("of a change four minutes before air is what one minute of launching brings, and the rest is told with its requests", () => {
    const minutes = needing((minute) => (minute >= 4 ? 50 : 10), 3_000);
    // 20, 30 and 40 of 50 serve in the minutes after the fourth; 3,000 requests a second find room on 30.
    expect(found(minutes)?.shortfall).toEqual({ fromMs: at(4), untilMs: at(7), units: 30, unservedRequests: 60_000 });
  });

  test("costs requests only as far as its load is known: unknown is not none", () => {
    const minutes = needing((minute) => (minute >= 4 ? 50 : 10), 3_000);
    const gap = minutes.map((minute, index) => (index === 5 ? { ...minute, medianRps: undefined } : minute));
    expect(found(gap)?.shortfall).toEqual({ fromMs: at(4), untilMs: at(7), units: 30, unservedRequests: undefined });
    expect(found(needing((minute) => (minute >= 4 ? 50 : 10), 900))?.shortfall).toMatchObject({ unservedRequests: 0 });
  });

  test("what was asked for already is there after one start-up", () => {
    expect(
      found(
        needing((minute) => (minute >= 3 ? 30 : 10)),
        10,
        30,
      )?.shortfall,
    ).toBeUndefined();
    expect(
      found(
        needing((minute) => (minute >= 2 ? 30 : 10)),
        10,
        30,
      )?.shortfall,
    ).toMatchObject({ fromMs: at(2), untilMs: at(3) });
  });

  test("has no end within sight when it goes on to the last minute, as beyond the customer's maximum", () => {
    expect(found(needing(() => 120))?.shortfall).toMatchObject({ fromMs: at(0), untilMs: undefined, units: 110 });
  });

  test("is nothing to tell of when nothing is needed", () => {
    expect(found(needing(() => 0))).toBeUndefined();
    expect(found([])).toBeUndefined();
  });

  test("agrees with the lead: so many more are in time exactly when their lead has passed", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 11 }),
        fc.integer({ min: 1, max: 20 }),
        (serving, more, minute, launchUnitsPerMinute) => {
          const slow = { ...TARGET, ceilingUnits: 1_000, launchUnitsPerMinute };
          const minutes = [{ atMs: at(minute), units: serving + more, medianRps: undefined }];
          const result = inTime({ target: slow, startUpMs: START_UP_MS, servingUnits: serving, desiredUnits: serving, minutes, now: NOW });
          expect(result?.shortfall === undefined).toBe(leadMs(slow, START_UP_MS, more) <= at(minute) - NOW);
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });
});
