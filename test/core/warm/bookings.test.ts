import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bookingChanges, bookingName, isOurs, raisesToBook, type Booked, type Booking } from "../../../shared/core/warm/bookings.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../shared/core/time.ts";

const NOW = Date.UTC(2026, 5, 13, 12);
const at = (minutes: number): number => NOW + minutes * MINUTE_MS;

const anyFloors: fc.Arbitrary<readonly Booking[]> = fc
  .array(fc.record({ after: fc.integer({ min: 1, max: 90 }), units: fc.integer({ min: 1, max: 120 }) }), { maxLength: 30 })
  .map((steps) => {
    let minutes = -20;
    return steps.map(({ after, units }) => ({ atMs: at((minutes += after)), units }));
  });

const booked = (bookings: readonly Booking[]): readonly Booked[] => bookings.map((one) => ({ ...one, name: bookingName(one.atMs) }));

/** What minimums the scheduled actions make, one after the other, should nobody else do anything. */
function fired(bookings: readonly Booking[], minimumUnits: number): readonly number[] {
  const sorted = bookings.toSorted((a, b) => a.atMs - b.atMs);
  return [minimumUnits, ...sorted.map(({ units }) => units)];
}

const rises = (minimums: readonly number[]): boolean =>
  minimums.every((units, index) => index === 0 || units >= (minimums[index - 1] ?? 0));

describe("raises to book", () => {
  test("are the floors to come that lie above everything before them, and no step down", () => {
    const floors = [
      { atMs: at(-10), units: 50 },
      { atMs: at(30), units: 20 },
      { atMs: at(60), units: 60 },
      { atMs: at(90), units: 10 },
      { atMs: at(120), units: 55 },
      { atMs: at(150), units: 80 },
      { atMs: NOW + DAY_MS + MINUTE_MS, units: 100 },
    ];
    expect(raisesToBook({ floors, inForceUnits: 50, maximumUnits: 70, others: 0, theirs: [], now: NOW })).toEqual([
      { atMs: at(60), units: 60 },
      { atMs: at(150), units: 70 },
    ]);
  });

  test("never lower a minimum that is in force, whatever the plan: each fires above what the ones before it left", () => {
    fc.assert(
      fc.property(anyFloors, fc.integer({ min: 1, max: 100 }), (floors, inForceUnits) => {
        const raises = raisesToBook({ floors, inForceUnits, maximumUnits: 100, others: 0, theirs: [], now: NOW });
        expect(rises(fired(raises, inForceUnits))).toBe(true);
        // And wherever the plan goes above what is in force for the first time, one is booked by then.
        let highest = inForceUnits;
        for (const { atMs, units } of floors) {
          if (atMs <= NOW || Math.min(100, units) <= highest) continue;
          highest = Math.min(100, units);
          expect(raises.some((one) => one.atMs <= atMs && one.units >= highest)).toBe(atMs <= NOW + DAY_MS);
        }
      }),
      { seed: 1 },
    );
  });

  test("never lower what the customer's own actions will have set by then, and cover what is asked for above it", () => {
    fc.assert(
      fc.property(anyFloors, anyFloors, fc.integer({ min: 1, max: 100 }), (floors, theirs, inForceUnits) => {
        const raises = raisesToBook({ floors, inForceUnits, maximumUnits: 100, others: theirs.length, theirs, now: NOW });
        const coming = theirs.filter(({ atMs }) => atMs > NOW).map((one) => ({ ...one, isOurs: false }));
        const all = [...coming, ...raises.map((one) => ({ ...one, isOurs: true }))].sort((a, b) => a.atMs - b.atMs);
        let minimum = inForceUnits;
        for (const { units, isOurs: mine } of all) {
          if (mine) expect(units).toBeGreaterThan(minimum);
          minimum = units;
        }
        for (const { atMs, units } of floors) {
          const covered = Math.max(inForceUnits, ...theirs.filter((one) => one.atMs <= atMs).map((one) => one.units));
          if (atMs > NOW && atMs <= NOW + DAY_MS && Math.min(100, units) > covered)
            expect(raises.some((one) => one.atMs <= atMs && one.units >= Math.min(100, units))).toBe(true);
        }
      }),
      { seed: 1 },
    );
  });

  test("leave the customer's own actions their room, and are merged upwards: earlier and larger, never less", () => {
    const floors = Array.from({ length: 60 }, (_, nth) => ({ atMs: at(10 + nth * nth), units: 10 + nth }));
    const raises = raisesToBook({ floors, inForceUnits: 5, maximumUnits: 1_000, others: 180, theirs: [], now: NOW });
    expect(raises).toHaveLength(20);
    for (const { atMs, units } of floors.filter((floor) => floor.atMs <= NOW + DAY_MS)) {
      expect(raises.some((one) => one.atMs <= atMs && one.units >= units)).toBe(true);
    }
    expect(raisesToBook({ floors, inForceUnits: 5, maximumUnits: 1_000, others: 200, theirs: [], now: NOW })).toEqual([]);
  });
});

describe("putting bookings right", () => {
  const anyBooked = anyFloors.map((floors) =>
    booked(raisesToBook({ floors, inForceUnits: 1, maximumUnits: 120, others: 0, theirs: [], now: NOW - HOUR_MS })),
  );

  test("stopped after any call, none of those that are there lowers the minimum or one another", () => {
    fc.assert(
      fc.property(anyFloors, anyBooked, fc.integer({ min: 1, max: 100 }), (floors, before, inForceUnits) => {
        const wanted = raisesToBook({ floors, inForceUnits, maximumUnits: 100, others: 0, theirs: [], now: NOW });
        const { remove, put } = bookingChanges({ wanted, booked: before, inForceUnits, now: NOW });
        let present: readonly Booking[] = before.filter((one) => !remove.includes(one));
        expect(rises(fired(present, inForceUnits))).toBe(true);
        for (const one of put) {
          present = [...present.filter(({ atMs }) => bookingName(atMs) !== bookingName(one.atMs)), one];
          expect(rises(fired(present, inForceUnits))).toBe(true);
        }
        // All that was wanted is covered in the end, by then and by no less.
        for (const want of wanted) expect(present.some(({ atMs, units }) => atMs <= want.atMs && units >= want.units)).toBe(true);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test("what is right already is left alone, and a little early or high is right", () => {
    const wanted = [{ atMs: at(60), units: 60 }];
    const standing = booked([{ atMs: at(57), units: 66 }]);
    expect(bookingChanges({ wanted, booked: standing, inForceUnits: 10, now: NOW })).toEqual({ remove: [], put: [] });
    const tooHigh = booked([{ atMs: at(57), units: 80 }]);
    expect(bookingChanges({ wanted, booked: tooHigh, inForceUnits: 10, now: NOW })).toEqual({ remove: tooHigh, put: wanted });
  });

  test("one that may fire this very minute is taken away when it lies below what is in force", () => {
    const due = booked([{ atMs: NOW, units: 40 }]);
    expect(bookingChanges({ wanted: [], booked: due, inForceUnits: 60, now: NOW }).remove).toEqual(due);
  });

  test("only names of ours are ours", () => {
    expect(isOurs(bookingName(NOW))).toBe(true);
    expect(isOurs("evening-scale-up")).toBe(false);
  });
});
