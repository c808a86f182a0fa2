import fc from "fast-check";
import { expect, test } from "vitest";
import { fleetOf } from "../../../local/backtest/fleet.ts";
import { MINUTE_MS } from "../../../shared/core/time.ts";
import { SERVICE } from "./made.ts";

test("what is asked for is paid for at once, and serves one start-up later", () => {
  const fleet = fleetOf(SERVICE, 2);
  fleet.ask(5, 0);
  expect(fleet.billed()).toBe(5);
  expect([0, 2, 3].map((minute) => fleet.servingAt(minute * MINUTE_MS))).toEqual([2, 2, 5]);
});

test("no more are launched a minute than can be", () => {
  const fleet = fleetOf({ ...SERVICE, launchUnitsPerMinute: 2 }, 0);
  fleet.ask(5, 0);
  expect([2, 3, 4, 5].map((minute) => fleet.servingAt(minute * MINUTE_MS))).toEqual([0, 2, 4, 5]);
});

test("the youngest go first, those that are still starting before those that serve", () => {
  const fleet = fleetOf(SERVICE, 4);
  fleet.ask(6, 0);
  fleet.ask(4, MINUTE_MS);
  fleet.ask(6, 2 * MINUTE_MS);
  expect(fleet.servingAt(4 * MINUTE_MS)).toBe(4);
  expect(fleet.servingAt(5 * MINUTE_MS)).toBe(6);
});

test("serving are the fewest that were asked for since one start-up ago", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 5, maxLength: 30 }), (wanted) => {
      const fleet = fleetOf(SERVICE, 7);
      const asked = [7, 7, 7, ...wanted];
      for (const [minute, units] of wanted.entries()) {
        fleet.ask(units, minute * MINUTE_MS);
        expect(fleet.billed()).toBe(units);
        expect(fleet.servingAt(minute * MINUTE_MS)).toBe(Math.min(...asked.slice(minute, minute + 4)));
      }
    }),
    { seed: 1 },
  );
});
