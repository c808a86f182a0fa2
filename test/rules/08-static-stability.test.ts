import fc from "fast-check";
import { expect } from "vitest";
import type * as BookingsAppModule from "../../shared/app/bookings.ts";
import { setMode } from "../../shared/app/modes.ts";
import { setOverride } from "../../shared/app/override.ts";
import { tick } from "../../shared/app/tick.ts";
import { warm } from "../../shared/app/warm.ts";
import { bookingChanges, bookingName, isOurs, raisesToBook, type Booked, type Booking } from "../../shared/core/warm/bookings.ts";
import type * as BookingsModule from "../../shared/core/warm/bookings.ts";
import { DAY_MS, MINUTE_MS } from "../../shared/core/time.ts";
import { calltimeWith, fire, measuredPlatform, minute, rule, type Calltime } from "./made.ts";

type Given = {
  readonly floors: readonly Booking[];
  readonly booked: readonly Booked[];
  readonly inForceUnits: number;
  readonly others: number;
};
type Call = { readonly kind: "remove"; readonly name: string } | ({ readonly kind: "put" } & Booking);
/** The calls that put the bookings of a target right, in their order. */
type Calls = (given: Given) => readonly Call[];

const NOW = minute(0);
const MAXIMUM = 100;
const MOST_ACTIONS = 200;

function calls({ floors, booked, inForceUnits, others }: Given): readonly Call[] {
  const wanted = raisesToBook({ floors, inForceUnits, maximumUnits: MAXIMUM, others, theirs: [], now: NOW });
  return callsFor(wanted, booked, inForceUnits);
}

function callsFor(wanted: readonly Booking[], booked: readonly Booked[], inForceUnits: number): readonly Call[] {
  const { remove, put } = bookingChanges({ wanted, booked, inForceUnits, now: NOW });
  return [...remove.map(({ name }) => ({ kind: "remove", name }) as const), ...put.map((one) => ({ kind: "put", ...one }) as const)];
}

const anyFloors = fc
  .array(fc.record({ after: fc.integer({ min: 1, max: 120 }), units: fc.integer({ min: 1, max: 130 }) }), { maxLength: 25 })
  .map((steps) => {
    let minutes = -20;
    return steps.map(({ after, units }): Booking => ({ atMs: minute((minutes += after)), units }));
  });

const ahead = (floors: readonly Booking[]) => floors.filter(({ atMs }) => atMs > NOW && atMs <= NOW + DAY_MS);

rule<Calls>("after any call to put bookings right, none that is left lowers a minimum, and in the end every raise of a day is covered", {
  holds: (made) =>
    fc.property(
      anyFloors,
      anyFloors,
      fc.integer({ min: 1, max: MAXIMUM }),
      fc.constantFrom(0, 0, 190, 197),
      (floors, before, inForceUnits, others) => {
        const booked = raisesToBook({
          floors: before,
          inForceUnits: 1,
          maximumUnits: MAXIMUM,
          others: 0,
          theirs: [],
          now: NOW - 60 * MINUTE_MS,
        });
        let standing: readonly Booked[] = booked.map((one) => ({ ...one, name: bookingName(one.atMs) }));
        const todo = made({ floors, booked: standing, inForceUnits, others });
        const removals = todo.findLastIndex(({ kind }) => kind === "remove");
        for (const [nth, call] of todo.entries()) {
          if (call.kind === "remove") standing = standing.filter(({ name }) => name !== call.name);
          else {
            const name = bookingName(call.atMs);
            standing = [...standing.filter((one) => one.name !== name), { name, atMs: call.atMs, units: call.units }];
          }
          // What lies below is taken away one by one, and only then is anything put.
          if (call.kind === "put" || nth >= removals) expect(falls(standing, inForceUnits)).toEqual([]);
        }
        expect(falls(standing, inForceUnits)).toEqual([]);
        expect(standing.length).toBeLessThanOrEqual(MOST_ACTIONS - others);
        let highest = inForceUnits;
        for (const { atMs, units } of ahead(floors)) {
          highest = Math.max(highest, Math.min(units, MAXIMUM));
          const inForceThen = Math.max(inForceUnits, ...standing.filter((one) => one.atMs <= atMs).map((one) => one.units));
          expect(inForceThen).toBeGreaterThanOrEqual(highest);
        }
        for (const { units } of standing) expect(units).toBeLessThanOrEqual(Math.max(MAXIMUM, inForceUnits));
      },
    ),
  real: calls,
  planted: {
    "steps down are booked too": () => (given) => callsFor(ahead(given.floors), [], given.inForceUnits).concat(stepsDown(given)),
    "each raise is booked that is above the floor before it": () => (given) => {
      const raises = ahead(given.floors).filter(({ units }, nth, all) => units > (all[nth - 1]?.units ?? given.inForceUnits));
      return raises.map((one) => ({ kind: "put", ...one, units: Math.min(one.units, MAXIMUM) }));
    },
    "what was booked before is left where nothing new is booked at its instant": () => (given) =>
      calls(given).filter(({ kind }) => kind === "put"),
    "the new ones are put before the old ones are gone": () => (given) => {
      const all = calls(given);
      return [...all.filter(({ kind }) => kind === "put"), ...all.filter(({ kind }) => kind === "remove")];
    },
    "what is booked is not bounded by the maximum": () => (given) =>
      callsFor(raisesToBook({ ...given, maximumUnits: Number.MAX_SAFE_INTEGER, theirs: [], now: NOW }), given.booked, given.inForceUnits),
    "where there is no room for all the last ones are left out": () => (given) =>
      callsFor(
        raisesToBook({ ...given, others: 0, maximumUnits: MAXIMUM, theirs: [], now: NOW }).slice(0, MOST_ACTIONS - given.others),
        given.booked,
        given.inForceUnits,
      ),
    "the customer's own actions are not counted": () => (given) => calls({ ...given, others: 0 }),
    "of the day ahead the next three hours are booked": () => (given) =>
      calls({ ...given, floors: given.floors.filter(({ atMs }) => atMs <= minute(180)) }),
  },
  numRuns: 400,
});

function stepsDown({ floors }: Given): readonly Call[] {
  return ahead(floors).flatMap((one, nth, all) => (one.units < (all[nth - 1]?.units ?? 0) ? [{ kind: "put" as const, ...one }] : []));
}

/** Where a scheduled action would lower what the ones before it had set. */
function falls(standing: readonly Booking[], inForceUnits: number): readonly Booking[] {
  let minimum = inForceUnits;
  return standing
    .toSorted((a, b) => a.atMs - b.atMs)
    .filter(({ units }) => {
      const lower = units < minimum;
      minimum = units;
      return lower;
    });
}

const anyMoment = fc.record({
  minutes: fc.integer({ min: 1, max: 4 }),
  what: fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("override" as const),
        floorUnits: fc.integer({ min: 10, max: 300 }),
        from: fc.integer({ min: 0, max: 60 }),
        forMinutes: fc.integer({ min: 5, max: 150 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("mode" as const),
        mode: fc.constantFrom("frozen" as const, "observe" as const, "active" as const),
      }),
    },
  ),
});

rule<Calltime>("stopped at any minute, what is booked raises and never lowers; a target that is not active has none of ours", {
  holds: (calltime) =>
    fc.asyncProperty(
      fc.array(anyMoment, { minLength: 2, maxLength: 5 }),
      fc.integer({ min: 20, max: 180 }),
      async (moments, downMinutes) => {
        const made = await measuredPlatform();
        const theirs = { name: "nightly-scale-down", atMs: minute(2_000), recurring: true, minimumUnits: 3 };
        made.booking.actions.set("api", [theirs]);
        let n = 0;
        let active = true;
        const by = { author: "ops", why: "to see" };
        for (const { minutes, what } of moments) {
          if (what.kind === "mode") {
            active = what.mode === "active";
            await setMode(made.context, { mode: what.mode, ...by }, minute(n));
          } else {
            const { floorUnits, from, forMinutes } = what;
            const asked = { targetIds: ["api"], floorUnits, fromMs: minute(n + from), untilMs: minute(n + from + forMinutes), ...by };
            await setOverride(made.context, asked, minute(n));
          }
          for (let nth = 0; nth < minutes; nth += 1) {
            expect(fire(made, minute(n) - 1)).toEqual([]);
            made.goTo(minute(n));
            made.control.serve();
            await calltime.tick(made.context, minute(n));
            const ours = (made.booking.actions.get("api") ?? []).filter(({ name }) => isOurs(name));
            if (!active) expect(ours).toEqual([]);
            n += 1;
          }
        }
        const before = made.control.cloud("api").minimumUnits;
        expect(fire(made, minute(n + downMinutes))).toEqual([]);
        expect(made.control.cloud("api").minimumUnits).toBeGreaterThanOrEqual(before);
        expect(made.booking.actions.get("api")).toContainEqual(theirs);
        await setMode(made.context, { mode: "active", ...by }, minute(n + downMinutes));
        made.goTo(minute(n + downMinutes));
        await calltime.tick(made.context, minute(n + downMinutes));
        expect(made.control.cloud("api").minimumUnits).toBeGreaterThanOrEqual(made.journal.at(-1)?.tick.wantedUnits ?? Number.NaN);
      },
    ),
  real: { tick, warm },
  planted: {
    "bookings are put, and never taken away": () =>
      calltimeWith<typeof BookingsAppModule>("../../shared/app/bookings.ts", () => ({ removeBookings: async () => [] })),
    "each floor to come is booked as it is": () =>
      calltimeWith<typeof BookingsModule>("../../shared/core/warm/bookings.ts", () => ({
        raisesToBook: ({ floors, now }) => ahead(floors).filter(({ atMs }) => atMs > now),
        bookingChanges: ({ wanted, booked }) => ({ remove: booked, put: wanted }),
      })),
    "raises are booked above the baseline, not above what is in force": () =>
      calltimeWith<typeof BookingsModule>("../../shared/core/warm/bookings.ts", (real) => ({
        raisesToBook: (input) => real.raisesToBook({ ...input, inForceUnits: 4 }),
        bookingChanges: (input) => real.bookingChanges({ ...input, inForceUnits: 4 }),
      })),
  },
  numRuns: 12,
});
