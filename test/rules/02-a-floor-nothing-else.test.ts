import fc from "fast-check";
import { expect } from "vitest";
import { msOf } from "../../events/index.ts";
import type * as OutsideModule from "../../shared/app/outside-change.ts";
import { warm } from "../../shared/app/warm.ts";
import { tick } from "../../shared/app/tick.ts";
import type * as BookingsModule from "../../shared/core/warm/bookings.ts";
import type * as FloorModule from "../../shared/core/warm/floor.ts";
import { target, platform } from "../app/made.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { ask, calltimeWith, fire, minute, noted, rule, type Calltime } from "./made.ts";

const FLOOR = "../../shared/core/warm/floor.ts";
const OUTSIDE = "../../shared/app/outside-change.ts";

/** Some minutes of an evening: what the plan asks for, and to which share of the minimum somebody outside lowers it before them. */
const anyMoment = fc.record({
  wantedUnits: fc.integer({ min: 12, max: 100 }),
  loweredTo: fc.option(fc.double({ min: 0, max: 0.9, noNaN: true }), { nil: undefined }),
  minutes: fc.integer({ min: 1, max: 3 }),
});

rule<Calltime>("only a minimum is moved, ours alone, and the customer's own comes back exactly", {
  holds: ({ warm: warmed }) =>
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.array(anyMoment, { minLength: 1, maxLength: 5 }),
      fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
      async (customerUnits, moments, raisedBy) => {
        const made = await platform({ targets: [target("api")] });
        const theirs = { name: "nightly-scale-down", atMs: minute(600), recurring: true, minimumUnits: 3, maximumUnits: 90 };
        made.booking.actions.set("api", [theirs]);
        const cloud = made.control.cloud("api");
        cloud.minimumUnits = customerUnits;
        const calls = noted(made);
        let now = minute(0);
        const asked = async (wantedUnits: number, minutes: number): Promise<void> => {
          await ask(made, wantedUnits);
          for (let nth = 0; nth < minutes; nth += 1) {
            made.goTo(now);
            await warmed(made.context, now);
            expect(cloud.minimumUnits).toBeGreaterThanOrEqual(wantedUnits);
            now += MINUTE_MS;
          }
        };
        for (const [nth, { wantedUnits, loweredTo, minutes }] of moments.entries()) {
          if (nth > 0 && loweredTo !== undefined) cloud.minimumUnits = Math.max(1, Math.floor(loweredTo * cloud.minimumUnits));
          await asked(wantedUnits, minutes);
        }
        const lastWanted = moments.at(-1)?.wantedUnits ?? 1;
        const before = calls.length;
        cloud.minimumUnits += raisedBy ?? 0;
        const stands = cloud.minimumUnits;
        cloud.desiredUnits = Math.max(cloud.desiredUnits, stands);
        if (raisedBy !== undefined) await asked(lastWanted, 2);
        // Down to what the customer has of its own, which may be less than the settings say.
        await asked(1, 4);
        if (raisedBy === undefined) expect(cloud.minimumUnits).toBe(customerUnits);
        else expect({ stands: cloud.minimumUnits, calls: calls.length }).toEqual({ stands, calls: before });
        expect(cloud.maximumUnits).toBe(400);
        expect(made.booking.actions.get("api")).toContainEqual(theirs);
      },
    ),
  real: { tick, warm },
  planted: {
    "a release goes down to the baseline of the settings, not to what stood there": () =>
      calltimeWith<typeof FloorModule>(FLOOR, ({ decideFloor }) => ({
        decideFloor: (input) => {
          const decision = decideFloor(input);
          const restores = decision.kind === "set" && decision.why === "release" && decision.units === decision.customerUnits;
          return restores ? { ...decision, units: input.target.baselineUnits } : decision;
        },
      })),
    "a minimum that somebody else set higher is brought down to ours": () =>
      calltimeWith<typeof FloorModule>(FLOOR, ({ decideFloor }) => ({
        decideFloor: (input) => {
          const decision = decideFloor(input);
          if (decision.kind !== "leave" || decision.why !== "outside-above" || input.floor === undefined) return decision;
          const { intendedUnits: units, customerUnits } = input.floor;
          return { kind: "set", units, customerUnits, why: "release" };
        },
      })),
    "a minimum found below ours is taken for the customer's own": () =>
      calltimeWith<typeof FloorModule>(FLOOR, ({ decideFloor }) => ({
        decideFloor: (input) => {
          const { minimumUnits = 0, floor } = input;
          return decideFloor({ ...input, floor: floor !== undefined && minimumUnits < floor.intendedUnits ? undefined : floor });
        },
      })),
    "every scheduled action is taken for one of ours": () =>
      calltimeWith<typeof BookingsModule>("../../shared/core/warm/bookings.ts", () => ({ isOurs: () => true })),
  },
  numRuns: 60,
});

/** What lowers the minimum before a minute: somebody, a scheduled action of the customer's own, or nobody. */
const anyLowering = fc.constantFrom("nobody" as const, "nobody" as const, "somebody" as const, "theirs" as const);

rule<Calltime>(
  "somebody who takes the minimum away is a quarrel from the third time in a quarter of an hour, told once; the customer's own schedule is none",
  {
    holds: ({ warm: warmed }) =>
      fc.asyncProperty(
        fc.array(anyLowering, { minLength: 12, maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 3 }),
        async (lowerings, units) => {
          const made = await platform({ targets: [target("api")] });
          const cloud = made.control.cloud("api");
          const theirs = lowerings.flatMap((who, n) =>
            who === "theirs" ? [{ name: `theirs-${n}`, atMs: minute(n + 1) - 1, recurring: false, minimumUnits: units[n % 3] ?? 1 }] : [],
          );
          made.booking.actions.set("api", theirs);
          const quarrels: number[] = [];
          await ask(made, 40);
          for (let n = 0; n <= lowerings.length; n += 1) {
            fire(made, minute(n));
            // Nobody outside happens on a number that the customer's own schedule has.
            if (lowerings[n - 1] === "somebody") {
              cloud.minimumUnits = 20;
              quarrels.push(n);
            }
            made.goTo(minute(n));
            await warmed(made.context, minute(n));
            expect(cloud.minimumUnits).toBe(40);
          }
          const told = made.bus
            .of("calltime.warm-up.failed")
            .flatMap(({ at: when, data }) => (data.code === "contested" ? [msOf(when)] : []));
          const due: number[] = [];
          for (const n of quarrels) {
            const lately = quarrels.filter((other) => other > n - 15 && other <= n);
            if (lately.length >= 3 && minute(n) >= (due.at(-1) ?? Number.NEGATIVE_INFINITY) + 15 * MINUTE_MS) due.push(minute(n));
          }
          expect(told).toEqual(due);
          await ask(made, 1);
          for (const later of [1, 2, 3]) {
            made.goTo(minute(lowerings.length + later));
            await warmed(made.context, made.now());
          }
          expect(cloud.minimumUnits).toBe(theirs.at(-1)?.minimumUnits ?? 4);
        },
      ),
    real: { tick, warm },
    planted: {
      "what the customer's own schedule lowers is taken for somebody else's doing": () =>
        calltimeWith<typeof OutsideModule>(OUTSIDE, () => ({ firedOfTheirs: () => undefined })),
      "what lies ahead in the customer's schedule is forgotten as soon as it fires": () =>
        calltimeWith<typeof OutsideModule>(OUTSIDE, ({ theirsToRemember }) => ({
          theirsToRemember: (changes, listed, met, now) =>
            theirsToRemember(
              changes,
              listed.filter(({ atMs }) => atMs > now + MINUTE_MS),
              met,
              now,
            ),
        })),
      "a quarrel is told at each put-back": () =>
        calltimeWith<typeof OutsideModule>(OUTSIDE, ({ withPutBack }) => ({
          withPutBack: ({ putBackMs = [] }, now) => withPutBack({ putBackMs }, now),
        })),
      "put-backs are counted over the whole evening": () =>
        calltimeWith<typeof OutsideModule>(OUTSIDE, ({ withPutBack }) => ({
          withPutBack: (changes, now) =>
            withPutBack({ ...changes, putBackMs: (changes.putBackMs ?? []).map((atMs) => Math.max(atMs, now - 1)) }, now),
          outsideChangesAt: (changes) => changes,
        })),
    },
    numRuns: 60,
  },
);
